package io.unibus.client;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import java.util.List;
import java.util.Optional;

/**
 * The node refused a request (RFC 9457). {@link #code} is the stable word to decide by; the message is for people.
 *
 * <p>{@link Rooms} also throws it for what it knows without asking the node, with the code and status that the node would
 * answer with.
 */
public final class ProblemException extends ClientException {
    private static final long serialVersionUID = 1L;

    private final Problem problem;

    ProblemException(Problem problem) {
        super(problem.sentence());
        this.problem = problem;
    }

    /** The HTTP status. */
    public int status() {
        return problem.status();
    }

    /** The stable code, like {@code epoch-conflict}; {@code http-502} when the answer was not from a node. */
    public String code() {
        return problem.code();
    }

    public boolean hasCode(String code) {
        return problem.code().equals(code);
    }

    /** A few words on the kind of problem. */
    public String title() {
        return problem.title();
    }

    /** A sentence on this occurrence, with what to do; may be empty. */
    public String detail() {
        return problem.detail();
    }

    /** With {@code epoch-conflict}: the room's epoch. */
    public Optional<Epoch> currentEpoch() {
        return problem.currentEpoch();
    }

    /** With {@code keys-do-not-cover-members}: members without a key. */
    public List<Endpoint> missing() {
        return problem.missing();
    }

    /** With {@code keys-do-not-cover-members}: endpoints with a key who are not members. */
    public List<Endpoint> extra() {
        return problem.extra();
    }

    /** The same problem, with more to say about what was done and what to do. */
    ProblemException explained(String more) {
        ProblemException explained = new ProblemException(problem.withDetail((detail() + " " + more).strip()));
        explained.initCause(this);
        return explained;
    }
}
