package io.unibus.node.tls;

import io.unibus.node.host.FatalException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells whether the operator's files hold another pair than the one in use, and one that can be used: whoever renews them
 * writes one after the other. For one thread, but for {@link #problem}.
 */
final class CertificateRenewal {
    private static final Logger log = LoggerFactory.getLogger(CertificateRenewal.class);

    private final CertificateFiles files;
    private CertificateFiles.Contents inUse;
    /** What was wrong at the last look; it may be that the files are just being written. */
    private @Nullable String suspicion;

    private volatile @Nullable String problem;

    CertificateRenewal(CertificateFiles files, CertificateFiles.Contents inUse) {
        this.files = files;
        this.inUse = inUse;
    }

    /** Returns the new pair, once, when there is one. What stays wrong for two looks is logged, once, and a problem from then on. */
    Optional<TlsPair> look() {
        try {
            CertificateFiles.Contents found = files.read();
            Optional<TlsPair> next = found.isSame(inUse) ? Optional.empty() : Optional.of(files.check(found));
            inUse = found;
            suspicion = null;
            problem = null;
            return next;
        } catch (FatalException e) {
            suspect(e.getMessage());
            return Optional.empty();
        }
    }

    private void suspect(String wrong) {
        if (wrong.equals(suspicion) && !wrong.equals(problem)) {
            problem = wrong;
            log.warn("the certificate in use stays, because the new one does not fit: {}", wrong);
        }
        suspicion = wrong;
    }

    /** Returns why the files as they are cannot be used, with what to do; thread-safe. */
    Optional<String> problem() {
        return Optional.ofNullable(problem);
    }
}
