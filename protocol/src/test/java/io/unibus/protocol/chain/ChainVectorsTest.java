package io.unibus.protocol.chain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import io.unibus.protocol.Endpoint;
import io.unibus.protocol.JsonWriter;
import io.unibus.protocol.MalformedException;
import io.unibus.protocol.MemberRole;
import io.unibus.protocol.SealedKey;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * The vectors by which another implementation is checked: they are what this code makes of fixed seeds. With
 * {@code -Dunibus.vectors.write=true} they are written anew instead of compared.
 */
final class ChainVectorsTest {
    private static final Path FILE =
            Path.of("src", "test", "resources", "io", "unibus", "protocol", "chain", "chain-vectors.json");

    private static final TestPeer ALICE = new TestPeer("alice");
    private static final TestPeer BOB = new TestPeer("bob");
    private static final TestPeer CAROL = new TestPeer("carol");
    private static final List<TestPeer> PEERS = List.of(ALICE, BOB, CAROL);

    private final TestChain chain = TestChain.create(ALICE, "vectors")
            .invite(ALICE, BOB, MemberRole.OWNER)
            .invite(BOB, CAROL, MemberRole.MEMBER)
            .rekey(ALICE, CAROL)
            .remove(BOB, BOB)
            .rekey(ALICE);

    private final List<String> changes = List.of(
            "alice creates the room",
            "alice invites bob as an owner",
            "bob invites carol",
            "alice removes carol and rekeys",
            "bob leaves",
            "alice rekeys");

    private record Refused(int after, LinkRefusal reason, RoomLink link) {}

    @SuppressWarnings("ArrayRecordComponent")
    private record Malformed(String why, byte[] bytes) {}

    @Test
    void vectorsAreWhatThisCodeMakes() throws IOException {
        String json = pretty(JsonWriter.object(this::write));
        if (Boolean.getBoolean("unibus.vectors.write")) {
            Files.createDirectories(FILE.getParent());
            Files.writeString(FILE, json);
        }
        assertThat(json).isEqualTo(Files.readString(FILE));
    }

    private void write(JsonWriter json) {
        json.array("identities", PEERS, (peer, item) -> {
            item.field("name", peer.name);
            item.field("seed", hex(peer.seed()));
            item.field("public_key", hex(peer.endpoint.publicKey()));
            item.field("endpoint", peer.endpoint.nkey());
        });
        json.array("links", chain.links(), this::writeLink);
        json.array("refused", refused(), (refused, item) -> {
            item.field("after", refused.after);
            item.field("reason", refused.reason.toString());
            item.field("link", refused.link.text());
        });
        json.array("malformed", malformed(), (malformed, item) -> {
            item.field("why", malformed.why);
            item.field("link", Base64.getUrlEncoder().withoutPadding().encodeToString(malformed.bytes));
        });
    }

    private void writeLink(RoomLink link, JsonWriter json) {
        LinkContent content = link.content();
        int number = (int) link.number();
        json.field("change", changes.get(number - 1));
        json.field("room_id", content.room().value());
        json.field("number", number);
        json.field("previous", content.previous().hex());
        json.field("epoch", content.epoch().number());
        json.field("room_key", hex(TestPeer.roomKey(content.room(), content.epoch())));
        json.field("key_commitment", content.keyCommitment().hex());
        json.object(
                "sealed_keys",
                object ->
                        sealedKeys(number).forEach((endpoint, key) -> object.field(endpoint.nkey(), key.base64url())));
        json.field("keys_digest", content.keysDigest().hex());
        json.object(
                "policy", policy -> policy.field("encrypted", content.policy().encrypted()));
        json.field("subject", content.subject().value());
        json.array("actions", content.actions(), ChainVectorsTest::writeAction);
        json.array("members", chain.state(number).members().values(), ChainVectorsTest::writeMember);
        json.field("members_digest", content.membersDigest().hex());
        json.field("author", content.author().nkey());
        json.field("time", content.time());
        content.nonce().ifPresent(nonce -> json.field("random", hex(nonce.bytes())));
        json.field("signed_text", hex(content.signedText()));
        json.field("link", link.text());
        json.field("hash", link.hash().hex());
        json.field("rekey_required", chain.state(number).rekeyRequired());
        json.field("fingerprint", ChainFingerprint.of(chain.state(number)).toString());
    }

    private static void writeAction(LinkAction action, JsonWriter json) {
        if (action instanceof LinkAction.Add add) {
            json.field("add", add.endpoint().nkey());
            json.field("role", add.role().toString());
            add.name().ifPresent(name -> json.field("name", name.value()));
        } else {
            json.field("remove", action.endpoint().nkey());
        }
    }

    private static void writeMember(ChainMember member, JsonWriter json) {
        json.field("endpoint", member.endpoint().nkey());
        json.field("role", member.role().toString());
        member.name().ifPresent(name -> json.field("name", name.value()));
    }

    /** Returns the keys that come with a link, which the digest in it is of. */
    private Map<Endpoint, SealedKey> sealedKeys(int number) {
        RoomLink link = chain.state(number).link();
        LinkOutcome outcome = number == 1 ? ChainRules.create(link) : ChainRules.next(chain.state(number - 1), link);
        Set<Endpoint> recipients = ((LinkOutcome.Accepted) outcome).keyRecipients();
        Map<Endpoint, SealedKey> keys = TestPeer.sealedKeys(link.content().epoch(), recipients);
        assertThat(ChainDigests.sealedKeys(link.content().epoch(), keys))
                .isEqualTo(link.content().keysDigest());
        return keys;
    }

    private List<Refused> refused() {
        List<Refused> refused = new ArrayList<>();
        refused.add(refused(LinkRefusal.SIGNATURE_WRONG, 4, new EditedLink(link(5)).signedBy(CAROL)));
        refused.add(refused(
                LinkRefusal.AUTHOR_NOT_OWNER,
                3,
                EditedLink.after(chain.state(3), CAROL).epoch(2).signedBy(CAROL)));
        refused.add(refused(
                LinkRefusal.REKEY_REQUIRED,
                5,
                EditedLink.after(chain.state(5), ALICE)
                        .actions(link(3).content().actions().get(0))
                        .signedBy(ALICE)));
        refused.add(refused(
                LinkRefusal.EPOCH_DOES_NOT_FOLLOW,
                5,
                new EditedLink(link(6)).epoch(9).signedBy(ALICE)));
        EditedLink sameKey = new EditedLink(link(6));
        sameKey.keyCommitment = chain.state(5).keyCommitment();
        refused.add(refused(LinkRefusal.COMMITMENT_NOT_CHANGED, 5, sameKey.signedBy(ALICE)));
        refused.add(refused(
                LinkRefusal.MEMBERS_DIGEST_WRONG,
                5,
                new EditedLink(link(6)).members().signedBy(ALICE)));
        return refused;
    }

    private Refused refused(LinkRefusal reason, int after, RoomLink link) {
        assertThat(ChainRules.next(chain.state(after), link))
                .isInstanceOfSatisfying(
                        LinkOutcome.Refused.class,
                        outcome -> assertThat(outcome.reason()).isEqualTo(reason));
        return new Refused(after, reason, link);
    }

    private List<Malformed> malformed() {
        byte[] link = link(2).bytes();
        byte[] newer = link.clone();
        newer["..unibus room link v".length()] = '2';
        List<Malformed> malformed = List.of(
                new Malformed("its last byte is missing", Arrays.copyOf(link, link.length - 1)),
                new Malformed("a byte follows after its end", Arrays.copyOf(link, link.length + 1)),
                new Malformed("it is of another version", newer));
        malformed.forEach(
                item -> assertThatThrownBy(() -> RoomLink.parse(item.bytes)).isInstanceOf(MalformedException.class));
        return malformed;
    }

    private RoomLink link(int number) {
        return chain.state(number).link();
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private static String pretty(byte[] json) throws IOException {
        DefaultIndenter lines = new DefaultIndenter("  ", "\n");
        DefaultPrettyPrinter printer = new DefaultPrettyPrinter();
        printer.indentArraysWith(lines);
        printer.indentObjectsWith(lines);
        StringWriter text = new StringWriter();
        JsonFactory factory = new JsonFactory();
        try (JsonParser parser = factory.createParser(new String(json, StandardCharsets.UTF_8));
                JsonGenerator generator = factory.createGenerator(text)) {
            generator.setPrettyPrinter(printer);
            parser.nextToken();
            generator.copyCurrentStructure(parser);
        }
        return text + "\n";
    }
}
