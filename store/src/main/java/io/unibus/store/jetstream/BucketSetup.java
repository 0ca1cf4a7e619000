package io.unibus.store.jetstream;

import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.JetStreamOptions;
import io.unibus.store.StoreException;
import io.unibus.store.StoreUnavailableException;
import io.unibus.store.StoreUnusableException;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Makes the buckets for a command that is to fill them; what is there is left as it is. */
public final class BucketSetup {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    /** Too many replicas: for a server without a cluster, for the servers there are, or for any. */
    private static final Set<Integer> TOO_MANY_REPLICAS = Set.of(10005, 10074, 10146);

    /** JetStream is not enabled for the account: whoever has no right to another is taken for a peer. */
    private static final int NOT_THIS_ACCOUNT = 10039;

    private BucketSetup() {}

    /**
     * Returns the buckets that are not there.
     *
     * @throws StoreUnusableException when one that is there has the form of an earlier build
     * @throws StoreUnavailableException when the servers do not say
     */
    public static Set<Bucket> missing(Connection connection) {
        try {
            JetStreamManagement management = management(connection);
            List<String> names = management.getStreamNames();
            Set<Bucket> missing = EnumSet.noneOf(Bucket.class);
            for (Bucket bucket : Bucket.values()) {
                if (!names.contains(bucket.stream())) {
                    missing.add(bucket);
                } else if (!bucket.isOfThisForm(
                        management.getStreamInfo(bucket.stream()).getConfiguration())) {
                    throw bucket.earlierForm();
                }
            }
            return missing;
        } catch (JetStreamApiException e) {
            throw e.getApiErrorCode() == NOT_THIS_ACCOUNT
                    ? new StoreUnusableException(
                            "The login is not to the account that holds the control plane, but to one of peers: the"
                                    + " cluster key is another cluster's. Nothing was written. To do: name the right key"
                                    + " with --cluster-key.",
                            e)
                    : unavailable("cannot be listed", e);
        } catch (IOException e) {
            throw unavailable("cannot be listed", e);
        }
    }

    /**
     * Makes these buckets.
     *
     * @throws StoreUnusableException when there are not as many servers as replicas
     * @throws StoreUnavailableException when the servers do not make them now
     */
    public static void create(Connection connection, Collection<Bucket> buckets, int replicas) {
        try {
            JetStreamManagement management = management(connection);
            for (Bucket bucket : buckets) {
                management.addStream(bucket.configuration(replicas));
            }
        } catch (JetStreamApiException e) {
            throw refused(e, replicas);
        } catch (IOException e) {
            throw unavailable("cannot be made", e);
        }
    }

    private static StoreException refused(JetStreamApiException e, int replicas) {
        if (TOO_MANY_REPLICAS.contains(e.getApiErrorCode()) && replicas > 1) {
            return new StoreUnusableException(
                    "The cluster cannot keep " + replicas + " replicas: " + e.getMessage()
                            + ". To do: start as many nodes first, or give fewer with --replicas.",
                    e);
        }
        return unavailable("cannot be made", e);
    }

    private static StoreUnavailableException unavailable(String what, Exception e) {
        return new StoreUnavailableException(
                "The buckets of the cluster " + what + ": " + e.getMessage()
                        + ". Nothing was written. To do: see that a majority of the nodes runs, and try again.",
                e);
    }

    private static JetStreamManagement management(Connection connection) throws IOException {
        return connection.jetStreamManagement(
                JetStreamOptions.builder().requestTimeout(LIMIT).build());
    }
}
