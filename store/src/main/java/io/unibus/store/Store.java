package io.unibus.store;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.Epoch;
import io.unibus.protocol.MemberRoom;
import io.unibus.protocol.RoomId;
import io.unibus.protocol.RoomKey;
import io.unibus.protocol.User;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Keeps rooms, members, sealed keys and users. Thread-safe; whoever opened it closes it.
 *
 * <p><b>Atomicity.</b> Every write happens whole or not at all, whatever dies in the middle; no reader sees half of one.
 * <b>Durability.</b> A write that returned survives the loss of power, and in a cluster of a minority of nodes.
 * <b>Order.</b> A read that begins after a write returned sees it, unless the implementation documents a bounded
 * staleness for reads; a {@link #commit} is then still refused when its basis is stale. <b>Times</b> are kept to the
 * millisecond.
 *
 * <p><b>Not guaranteed:</b> reads of different records are not of one moment, except that a {@link RoomState} is the room
 * and its members at one revision.
 *
 * <p>Every method may throw a {@link StoreException}: {@link StoreUnavailableException} when nothing was written and a
 * later attempt may succeed, {@link OutcomeUnknownException} when a write may or may not have happened,
 * {@link StoreUnusableException} when someone must repair the store first.
 */
public interface Store extends AutoCloseable {
    /** The user record of an endpoint, active or revoked. */
    Optional<User> findUser(Endpoint endpoint);

    /** All users, active and revoked, ordered by endpoint. */
    List<User> users();

    /** Whether there is an active admin. */
    boolean hasAdmin();

    /** Adds a user; refused with {@link Rejection.UserExists} when the endpoint has a record, active or revoked. */
    Outcome<User> addUser(User user);

    /**
     * Revokes a user; one already revoked is returned unchanged. Refused with {@link Rejection.UserNotFound}, or with
     * {@link Rejection.LastAdmin}, which holds even when the last two admins are revoked at once.
     */
    Outcome<User> revokeUser(Endpoint endpoint, Instant at);

    Optional<RoomState> findRoom(RoomId room);

    /** Creates a room; refused with {@link Rejection.RoomExists} or {@link Rejection.SubjectTaken}. */
    Outcome<RoomState> createRoom(NewRoom room);

    /**
     * Commits a change if the room is still at the revision of {@link RoomChange#before}: of changes that were decided on
     * the same revision exactly one is committed.
     *
     * @return the room after the change, or empty when another change came first and nothing was written
     */
    Optional<RoomState> commit(RoomChange change);

    /** The key of one epoch, sealed to one endpoint, whether or not that endpoint is still a member. */
    Optional<RoomKey> findKey(RoomId room, Epoch epoch, Endpoint endpoint);

    /** The rooms that an endpoint is a member of, ordered by room id; empty for an unknown endpoint. */
    List<MemberRoom> roomsOf(Endpoint endpoint);

    /**
     * Tells a listener from now on whose access may have changed, whichever store or process changed it, soon after that can
     * be read here. Listeners are never removed; they end with the store.
     */
    void addListener(AccessListener listener);

    /**
     * Tells a listener each change after a position, whichever store or process made it, soon after it can be read here: in
     * order, and once to each process. With {@link ChangePosition#NONE}, what is there already is not told; from where on
     * changes are told, {@link ChangeListener#startsAfter} says. Listeners are never removed; they end with the store.
     *
     * <p><b>Not guaranteed:</b> each step between two states that a store can only compare is not known, as of changes that
     * were made while no store of this process was open; see the implementations.
     *
     * @param after what {@code listener} was told in its last run; sources that this store does not count in are ignored
     */
    void addChangeListener(ChangeListener listener, ChangePosition after);

    /** Makes one durable write of no consequence and returns when it is as safe as any other. */
    void confirmWritable();

    /** Ends pending operations within seconds and releases files and connections. Idempotent. */
    @Override
    void close();
}
