package io.unibus.store.jetstream;

import io.nats.client.support.JsonValue;
import io.nats.client.support.JsonValueUtils;
import java.util.Optional;
import java.util.Set;

/** An error as JetStream words it: the one place that knows its codes. */
record ApiError(int code, int errorCode, String description) {
    private static final int WRONG_LAST_SEQUENCE = 10071;
    private static final int NO_MESSAGE_FOUND = 10037;
    /**
     * No peers, not available, not the leader, no resources, not enabled (account, server), stream offline, expected
     * sequence not ready, another write to the same place under way, of which nobody knows yet whether it will be taken
     * (10164), a part of a batch lost (10176), too many batches open (10210). This server did not take the write; another, which leads now, may have.
     */
    private static final Set<Integer> NOT_NOW =
            Set.of(10005, 10008, 10009, 10023, 10039, 10076, 10118, 10163, 10164, 10176, 10210);

    /** The error in an answer of the API, which is there when the request was refused. */
    static Optional<ApiError> in(JsonValue answer) {
        JsonValue error = JsonValueUtils.readValue(answer, "error");
        return error == null
                ? Optional.empty()
                : Optional.of(new ApiError(
                        JsonValueUtils.readInteger(error, "code", 500),
                        JsonValueUtils.readInteger(error, "err_code", 0),
                        JsonValueUtils.readString(error, "description", "no description")));
    }

    /** The expectation of a write does not hold. */
    boolean isConflict() {
        return errorCode == WRONG_LAST_SEQUENCE;
    }

    boolean isNoMessage() {
        return errorCode == NO_MESSAGE_FOUND;
    }

    /** Returns whether this server did not do it now, for want of a leader or of resources; later it may, and another may have. */
    boolean isTransient() {
        return NOT_NOW.contains(errorCode);
    }

    /** The server failed where a write may have got through. */
    boolean isServerFault() {
        return code >= 500 && !isTransient();
    }

    @Override
    public String toString() {
        return description + " (" + errorCode + ")";
    }
}
