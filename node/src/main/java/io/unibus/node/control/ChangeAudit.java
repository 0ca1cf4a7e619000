package io.unibus.node.control;

import io.unibus.node.audit.AskedChange;
import io.unibus.node.audit.AuditLog;
import io.unibus.store.Outcome;
import io.unibus.store.OutcomeUnknownException;
import io.unibus.store.QuorumUnconfirmedException;
import io.unibus.store.StoreException;
import io.unibus.store.StoreMigratedException;
import io.unibus.store.StoreUnusableException;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Writes to the audit log what callers ask to be changed, and what they were answered, before they are. Of one caller at most
 * {@value #MOST_REFUSALS} refusals a minute are written, and of all {@value #MOST_REFUSALS_OF_ALL}, so that nobody who may change nothing can push
 * changes out of the log. Thread-safe.
 */
final class ChangeAudit {
    static final int MOST_REFUSALS = 20;
    static final int MOST_REFUSALS_OF_ALL = 200;

    private final AuditLog auditLog;
    private final FailureCounter refusals;
    private final FailureCounter refusalsOfAll;

    ChangeAudit(AuditLog auditLog, LongSupplier nanoTime) {
        this.auditLog = auditLog;
        this.refusals = new FailureCounter(nanoTime);
        this.refusalsOfAll = new FailureCounter(nanoTime);
    }

    /** @param revision tells at which revision of the store a change was made, when it is known */
    <T> Outcome<T> run(
            AdmittedCaller caller,
            AskedChange asked,
            Supplier<Outcome<T>> change,
            Function<? super T, OptionalLong> revision) {
        Outcome<T> outcome;
        try {
            outcome = change.get();
        } catch (OutcomeUnknownException e) {
            write(caller, asked, "outcome-unknown", OptionalLong.empty());
            throw e;
        } catch (StoreException e) {
            refuse(caller, asked, code(e));
            throw e;
        }
        if (outcome instanceof Outcome.Refused<T> refused) {
            refuse(caller, asked, refused.rejection().code());
        } else {
            write(caller, asked, AskedChange.DONE, revision.apply(((Outcome.Done<T>) outcome).value()));
        }
        return outcome;
    }

    private void refuse(AdmittedCaller caller, AskedChange asked, String code) {
        // who proves nothing can take any name
        String source = caller.proof() == AdmittedCaller.Proof.SIGNATURE
                ? caller.endpoint().nkey()
                : caller.address();
        if (refusals.fail(source) < MOST_REFUSALS && refusalsOfAll.fail("") < MOST_REFUSALS_OF_ALL) {
            write(caller, asked, code, OptionalLong.empty());
        }
    }

    private static String code(StoreException failure) {
        if (failure instanceof QuorumUnconfirmedException) {
            return "quorum-unconfirmed";
        }
        if (failure instanceof StoreMigratedException) {
            return "store-migrated";
        }
        return failure instanceof StoreUnusableException ? "store-unusable" : "store-unavailable";
    }

    private void write(AdmittedCaller caller, AskedChange asked, String answer, OptionalLong revision) {
        String proof = caller.proof() == AdmittedCaller.Proof.SIGNATURE ? "signature" : "none";
        var asker = new AskedChange.Asker(caller.endpoint().nkey(), proof, caller.address());
        auditLog.asked(asker, asked, answer, revision);
    }
}
