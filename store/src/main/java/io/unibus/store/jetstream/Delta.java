package io.unibus.store.jetstream;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.JsonObject;
import io.unibus.protocol.JsonWriter;
import io.unibus.protocol.Member;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.SealedKey;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** What the last change of a room did to its members: kept in the record of the room, settled or not, until the next change. Immutable. */
record Delta(SortedMap<Endpoint, Joined> joined, SortedSet<Endpoint> left) {
    Delta {
        joined = Collections.unmodifiableSortedMap(new TreeMap<>(joined));
        left = Collections.unmodifiableSortedSet(new TreeSet<>(left));
    }

    /** @param sealedKey of the room's epoch, unless the key came with a rekey */
    record Joined(Member member, Optional<SealedKey> sealedKey) {}

    /** @param keys those of joining members that no rekey wrote */
    static Delta of(Collection<Member> joining, Collection<Endpoint> leaving, Map<Endpoint, SealedKey> keys) {
        SortedMap<Endpoint, Joined> joined = new TreeMap<>();
        joining.forEach(member -> joined.put(
                member.endpoint(), new Joined(Times.kept(member), Optional.ofNullable(keys.get(member.endpoint())))));
        SortedSet<Endpoint> left = new TreeSet<>(leaving);
        left.removeAll(joined.keySet());
        return new Delta(joined, left);
    }

    void applyTo(Map<Endpoint, Member> members) {
        left.forEach(members::remove);
        joined.forEach((endpoint, joined) -> members.put(endpoint, joined.member()));
    }

    Set<Endpoint> endpoints() {
        Set<Endpoint> endpoints = new TreeSet<>(left);
        endpoints.addAll(joined.keySet());
        return endpoints;
    }

    boolean concerns(Endpoint endpoint) {
        return joined.containsKey(endpoint) || left.contains(endpoint);
    }

    static Delta fromJson(JsonObject json) {
        SortedMap<Endpoint, Joined> joined = new TreeMap<>();
        for (JsonObject item : json.objects("joined")) {
            Member member = new Member(
                    new Endpoint(item.requiredString("endpoint")),
                    MemberRole.parse(item.requiredString("role")),
                    item.requiredInstant("joined_at"));
            joined.put(
                    member.endpoint(),
                    new Joined(member, item.string("sealed_key").map(SealedKey::parse)));
            item.refuseUnknownFields();
        }
        List<Endpoint> left = json.strings("left").stream().map(Endpoint::new).toList();
        return new Delta(joined, new TreeSet<>(left));
    }

    void writeFields(JsonWriter json) {
        json.array("joined", joined.values(), (item, object) -> {
            item.member().writeFields(object);
            item.sealedKey().ifPresent(key -> object.field("sealed_key", key.base64url()));
        });
        json.strings("left", left.stream().map(Endpoint::nkey).toList());
    }
}
