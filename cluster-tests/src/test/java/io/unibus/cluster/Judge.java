package io.unibus.cluster;

import io.unibus.protocol.Endpoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What must be true of a cluster after any faults. Each method returns the violations that it found, in words; none is
 * repaired or excused here.
 */
final class Judge {
    static final Duration MAX_STALENESS = Duration.ofSeconds(2);
    static final Duration OP_TIMEOUT = Duration.ofSeconds(2);
    /** How long after a revocation, or the loss of a quorum, a yes may still be said. */
    static final Duration REVOCATION_BOUND = MAX_STALENESS.plus(OP_TIMEOUT);

    private final History history;

    Judge(History history) {
        this.history = history;
    }

    /** Everything, of a workload that has stopped on a cluster at rest. */
    static List<String> violations(Workload workload) {
        Judge judge = new Judge(workload.history());
        List<String> violations = new ArrayList<>(judge.failures());
        violations.addAll(judge.epochsThatShrank());
        violations.addAll(judge.revokedWhoWereAdmitted(workload.users()));
        violations.addAll(judge.admittedWithoutQuorum());
        violations.addAll(judge.groundlessRefusals(workload.soleWriters()));
        Await.pause(MAX_STALENESS); // what a node shows may be that old
        workload.cluster().nodes().parallelStream()
                .flatMap(node -> contradictions(workload, node))
                .forEachOrdered(violations::add);
        try (StoreCopy copy = workload.cluster().copy()) {
            workload.comparisonsOfAll(copy.view())
                    .flatMap(comparison -> contradictions("the store", comparison))
                    .forEach(violations::add);
        }
        return violations;
    }

    private static Stream<String> contradictions(Workload workload, ClusterNode node) {
        return workload.comparisons(node).flatMap(comparison -> contradictions(node.toString(), comparison));
    }

    private static Stream<String> contradictions(String where, Runnable comparison) {
        try {
            comparison.run();
            return Stream.empty();
        } catch (AssertionError | RuntimeException e) {
            return Stream.of(where + ": " + e);
        }
    }

    /** A node may be unavailable and may refuse, but never fail. */
    List<String> failures() {
        return history.operations().stream()
                .filter(operation -> operation.answer().contains("500 "))
                .map(operation -> "failed: " + operation)
                .toList();
    }

    /**
     * Returns the refusals for which there can be no reason: that a room is there already whose id was fresh, and whatever is
     * said to those whose rooms nobody else changes.
     */
    List<String> groundlessRefusals(Set<Endpoint> soleWriters) {
        return history.operations().stream()
                .filter(operation -> !operation.isOk() && !operation.isUnavailable())
                .filter(operation -> soleWriters.contains(operation.caller())
                        || (operation.name().equals("create")
                                && operation.answer().equals("409 room-exists")))
                .map(operation -> "refused without a reason: " + operation + before(operation))
                .toList();
    }

    private String before(Operation operation) {
        return history.operations().stream()
                .filter(other -> other.caller().equals(operation.caller())
                        && other.object().equals(operation.object())
                        && other.end() <= operation.begin())
                .max(Comparator.comparingLong(Operation::end))
                .map(last -> ", after " + last)
                .orElse("");
    }

    /** Nobody sees an epoch smaller than one seen before: on the same node at all, on another after the staleness. */
    List<String> epochsThatShrank() {
        List<String> violations = new ArrayList<>();
        Map<String, List<Operation>> byRoom = history.operations().stream()
                .filter(operation -> operation.isOk() && operation.epoch() > 0)
                .collect(Collectors.groupingBy(Operation::object));
        for (List<Operation> operations : byRoom.values()) {
            violations.addAll(shrunken(operations, MAX_STALENESS));
            operations.stream()
                    .collect(Collectors.groupingBy(Operation::node))
                    .values()
                    .forEach(ofNode -> violations.addAll(shrunken(ofNode, Duration.ZERO)));
        }
        return violations;
    }

    private static List<String> shrunken(List<Operation> operations, Duration tolerance) {
        List<Operation> byBegin = new ArrayList<>(operations);
        byBegin.sort(Comparator.comparingLong(Operation::begin));
        List<Operation> byEnd = new ArrayList<>(operations);
        byEnd.sort(Comparator.comparingLong(Operation::end));
        List<String> violations = new ArrayList<>();
        Optional<Operation> highest = Optional.empty();
        int ended = 0;
        for (Operation operation : byBegin) {
            while (byEnd.get(ended).end() + tolerance.toNanos() < operation.begin()) {
                Operation earlier = byEnd.get(ended++);
                if (highest.isEmpty() || earlier.epoch() > highest.get().epoch()) {
                    highest = Optional.of(earlier);
                }
            }
            if (highest.isPresent() && operation.epoch() < highest.get().epoch()) {
                violations.add("epoch shrank from " + highest.get() + " to " + operation);
            }
        }
        return violations;
    }

    List<String> revokedWhoWereAdmitted(UserLedger users) {
        Map<?, Long> revocations = new HashMap<>(users.revocations());
        List<String> violations = new ArrayList<>();
        for (Operation operation : history.operations()) {
            Long revokedAt = revocations.get(operation.caller());
            if (operation.isOk() && revokedAt != null && operation.end() - revokedAt > REVOCATION_BOUND.toNanos()) {
                violations.add(
                        "admitted " + millis(operation.end() - revokedAt) + " ms after the revocation: " + operation);
            }
        }
        return violations;
    }

    /** The latest yes to a revoked user, after the answer to its revocation. */
    Duration longestAdmission(UserLedger users) {
        Map<?, Long> revocations = new HashMap<>(users.revocations());
        return Duration.ofNanos(history.operations().stream()
                .filter(operation -> operation.isOk() && revocations.containsKey(operation.caller()))
                .mapToLong(operation -> operation.end()
                        - Optional.ofNullable(revocations.get(operation.caller()))
                                .orElseThrow())
                .max()
                .orElse(0));
    }

    List<String> admittedWithoutQuorum() {
        List<String> violations = new ArrayList<>();
        for (Fault fault : history.faults()) {
            if (!fault.withoutQuorum().isEmpty()) {
                history.operations().stream()
                        .filter(operation -> operation.isOk()
                                && fault.withoutQuorum().contains(operation.node())
                                && operation.end() - fault.struck() > REVOCATION_BOUND.toNanos()
                                && operation.end() - fault.healing() < 0)
                        .map(operation -> "admitted " + millis(operation.end() - fault.struck())
                                + " ms after the quorum was lost: " + operation)
                        .forEach(violations::add);
            }
        }
        return violations;
    }

    private static long millis(long nanos) {
        return Duration.ofNanos(nanos).toMillis();
    }
}
