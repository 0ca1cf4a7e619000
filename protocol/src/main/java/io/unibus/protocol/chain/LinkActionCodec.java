package io.unibus.protocol.chain;

import io.unibus.protocol.Endpoint;
import io.unibus.protocol.MemberRole;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The bytes of actions in a link: a field with their number, 2 bytes big endian, and a field for each. An add is 1, the
 * endpoint's public key (32 bytes), the role (1 owner, 2 member) and the name in UTF-8, if any; a remove is 2 and the
 * endpoint's public key.
 */
final class LinkActionCodec {
    private static final int ADD = 1;
    private static final int REMOVE = 2;
    private static final int KEY_BYTES = 32;
    private static final int REMOVE_BYTES = 1 + KEY_BYTES;
    private static final int NAMELESS_ADD_BYTES = 1 + KEY_BYTES + 1;
    private static final int MAX_BYTES = NAMELESS_ADD_BYTES + MemberName.MAX_BYTES;

    private LinkActionCodec() {}

    static void write(List<LinkAction> actions, FieldWriter fields) {
        fields.number16(actions.size());
        actions.forEach(action -> fields.field(encode(action)));
    }

    static List<LinkAction> read(FieldReader fields) {
        int count = fields.number16("number of actions");
        if (count > LinkContent.MAX_ACTIONS) {
            throw fields.malformed("it has " + count + " actions, more than " + LinkContent.MAX_ACTIONS);
        }
        List<LinkAction> actions = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            actions.add(decode(fields, fields.field("action", REMOVE_BYTES, MAX_BYTES)));
        }
        return actions;
    }

    private static byte[] encode(LinkAction action) {
        ByteArrayOutputStream encoded = new ByteArrayOutputStream(NAMELESS_ADD_BYTES);
        boolean adds = action instanceof LinkAction.Add;
        encoded.write(adds ? ADD : REMOVE);
        encoded.writeBytes(action.endpoint().publicKey());
        if (action instanceof LinkAction.Add add) {
            encoded.write(RoleCode.of(add.role()));
            add.name().ifPresent(name -> encoded.writeBytes(name.utf8()));
        }
        return encoded.toByteArray();
    }

    private static LinkAction decode(FieldReader fields, byte[] encoded) {
        Endpoint endpoint = Endpoint.ofPublicKey(Arrays.copyOfRange(encoded, 1, 1 + KEY_BYTES));
        if (encoded[0] == REMOVE && encoded.length == REMOVE_BYTES) {
            return new LinkAction.Remove(endpoint);
        }
        if (encoded[0] == ADD && encoded.length >= NAMELESS_ADD_BYTES) {
            MemberRole role = RoleCode.parse(encoded[REMOVE_BYTES]);
            return new LinkAction.Add(endpoint, role, name(fields, encoded));
        }
        throw fields.malformed("one of its actions is neither an add nor a remove");
    }

    private static Optional<MemberName> name(FieldReader fields, byte[] add) {
        return add.length == NAMELESS_ADD_BYTES
                ? Optional.empty()
                : Optional.of(new MemberName(fields.utf8("name of a member", add, NAMELESS_ADD_BYTES)));
    }
}
