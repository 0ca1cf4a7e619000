package io.unibus.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReplicaGoalTest {
    @ParameterizedTest(name = "{0} with {1} wanted, {2} of {3} servers -> {4}")
    @CsvSource({
        "1, 3 3 3, 3, 3, 3",
        "1, 3 3, 2, 3, 1",
        "1, 3, 1, 3, 1",
        "3, 3 3 3, 3, 3, 3",
        "3, 3 3, 2, 3, 3",
        "1, 2 2, 2, 2, 2",
        "1, 3 5, 5, 5, 5",
        "1, 5 5 5, 3, 5, 3",
        "3, 5 5 5 5, 4, 5, 3",
        "5, 3 3 3 3 3, 5, 5, 3",
        "5, 3 3 3 3 5, 5, 5, 5",
        "5, 3 3 3 3, 4, 5, 5",
        "5, 3 3 3 3 3, 4, 5, 5"
    })
    void next(int configured, String wanted, int answering, int size, int expected) {
        List<Integer> numbers =
                Arrays.stream(wanted.split(" ")).map(Integer::valueOf).toList();
        assertThat(ReplicaGoal.next(configured, numbers, answering, size)).isEqualTo(expected);
    }
}
