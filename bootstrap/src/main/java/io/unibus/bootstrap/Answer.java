package io.unibus.bootstrap;

/** What came of one short request about a bucket. */
sealed interface Answer {
    record Found(BucketStatus status) implements Answer {}

    record Absent() implements Answer {}

    /** There are too few servers for that many replicas. */
    record TooFewPeers() implements Answer {}

    /** No answer in time: there is no leader, or no connection. */
    record Silent(String why) implements Answer {}

    record Refused(String why) implements Answer {}
}
