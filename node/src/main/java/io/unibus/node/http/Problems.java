package io.unibus.node.http;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.MalformedException;
import io.unibus.store.OutcomeUnknownException;
import io.unibus.store.QuorumUnconfirmedException;
import io.unibus.store.Rejection;
import io.unibus.store.StoreMigratedException;
import io.unibus.store.StoreUnavailableException;
import io.unibus.store.StoreUnusableException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one place where refusals and faults become HTTP problems. */
final class Problems {
    private static final Logger log = LoggerFactory.getLogger(Problems.class);

    private static final Map<Class<? extends Rejection>, Integer> STATUS = Map.ofEntries(
            Map.entry(Rejection.RoomNotFound.class, 404),
            Map.entry(Rejection.MemberNotFound.class, 404),
            Map.entry(Rejection.KeyNotFound.class, 404),
            Map.entry(Rejection.UserNotFound.class, 404),
            Map.entry(Rejection.SubjectTaken.class, 409),
            Map.entry(Rejection.RoomExists.class, 409),
            Map.entry(Rejection.MemberExists.class, 409),
            Map.entry(Rejection.RoomFull.class, 409),
            Map.entry(Rejection.EpochConflict.class, 409),
            Map.entry(Rejection.KeysDoNotCoverMembers.class, 422),
            Map.entry(Rejection.RekeyRequired.class, 409),
            Map.entry(Rejection.RoomNotEncrypted.class, 409),
            Map.entry(Rejection.LastOwner.class, 409),
            Map.entry(Rejection.UserExists.class, 409),
            Map.entry(Rejection.UserRevoked.class, 409),
            Map.entry(Rejection.LastAdmin.class, 409),
            Map.entry(Rejection.CallerUnknown.class, 403),
            Map.entry(Rejection.CallerRevoked.class, 403),
            Map.entry(Rejection.OwnerOnly.class, 403),
            Map.entry(Rejection.AdminOnly.class, 403));

    /** Not the store's own words, which hold paths of this host: those are for the log. */
    private static final String STORE_UNAVAILABLE =
            "The store of this node is not available now; nothing was written; try again.";

    private static final String STORE_MIGRATED = "The control plane of this node has moved to a cluster; nothing was"
            + " written; ask a node of the cluster, which is one that runs with --store kv.";

    private static final String QUORUM_UNCONFIRMED = "No quorum of the cluster confirmed in time what this node knows,"
            + " so it answers neither yes nor no; nothing was written; try again, or ask another node.";

    private static final String OUTCOME_UNKNOWN =
            "The write may or may not have happened: read before you write again.";

    private Problems() {}

    static Problem of(Rejection rejection) {
        int status = Optional.ofNullable(STATUS.get(rejection.getClass())).orElseThrow();
        if (rejection instanceof Rejection.EpochConflict conflict) {
            return new Problem(
                    status,
                    rejection.code(),
                    rejection.detail(),
                    json -> json.field("current_epoch", conflict.current().number()));
        }
        if (rejection instanceof Rejection.KeysDoNotCoverMembers cover) {
            return new Problem(status, rejection.code(), rejection.detail(), json -> {
                json.strings("missing", nkeys(cover.missing()));
                json.strings("extra", nkeys(cover.extra()));
            });
        }
        return Problem.of(status, rejection.code(), rejection.detail());
    }

    /** Logs what someone must look at; the answer never holds more than a sentence. */
    static Problem of(Throwable fault, String request) {
        if (fault instanceof ProblemException known) {
            return known.problem();
        }
        if (fault instanceof MalformedException malformed) {
            return Problem.of(400, "malformed-" + malformed.what(), malformed.getMessage());
        }
        if (fault instanceof StoreUnavailableException unavailable) {
            log.warn("{} was refused: {}", request, unavailable.getMessage());
            return Problem.of(503, "store-unavailable", STORE_UNAVAILABLE);
        }
        if (fault instanceof StoreMigratedException migrated) {
            log.warn("{} was refused: {}", request, migrated.getMessage());
            return Problem.of(503, "store-migrated", STORE_MIGRATED);
        }
        if (fault
                instanceof
                QuorumUnconfirmedException) { // the store logs once that the quorum is lost, and once its return
            log.debug("{} was denied: {}", request, fault.getMessage());
            return quorumUnconfirmed();
        }
        if (fault instanceof OutcomeUnknownException unknown) {
            log.warn("{} has an unknown outcome: {}", request, unknown.getMessage());
            return Problem.of(503, "outcome-unknown", OUTCOME_UNKNOWN);
        }
        String incident = UUID.randomUUID().toString();
        if (fault instanceof StoreUnusableException) {
            log.error("{} failed, incident {}: {}", request, incident, fault.getMessage());
            return Problem.of(
                    500, "store-unusable", "The store of this node needs its operator; incident " + incident + ".");
        }
        log.error("{} failed, incident {}", request, incident, fault);
        return Problem.of(
                500,
                "internal-error",
                "This node failed to answer; its log has the reason, incident " + incident + ".");
    }

    static Problem quorumUnconfirmed() {
        return Problem.of(503, "quorum-unconfirmed", QUORUM_UNCONFIRMED);
    }

    private static List<String> nkeys(Collection<Endpoint> endpoints) {
        return endpoints.stream().map(Endpoint::nkey).toList();
    }
}
