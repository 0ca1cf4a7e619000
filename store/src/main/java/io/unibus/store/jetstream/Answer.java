package io.unibus.store.jetstream;

import io.nats.client.Message;

/** What became of one request. */
sealed interface Answer {
    record Answered(Message message) implements Answer {}

    /** Certainly nobody took the request. */
    record NotTaken(String why) implements Answer {}

    /** It was sent, and whoever took it did not answer in time. */
    record Unanswered(String why) implements Answer {}
}
