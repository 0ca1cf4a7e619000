package io.unibus.protocol;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.greenbytes.http.sfv.ByteSequenceItem;
import org.greenbytes.http.sfv.Dictionary;
import org.greenbytes.http.sfv.InnerList;
import org.greenbytes.http.sfv.IntegerItem;
import org.greenbytes.http.sfv.Item;
import org.greenbytes.http.sfv.ListElement;
import org.greenbytes.http.sfv.Parameters;
import org.greenbytes.http.sfv.ParseException;
import org.greenbytes.http.sfv.Parser;
import org.greenbytes.http.sfv.StringItem;

/**
 * The signature of an HTTP request without its 64 bytes: which parts it covers, and who made it when. Follows RFC 9421
 * (HTTP Message Signatures) in one profile: the label {@code unibus}; the components {@code @method}, {@code @authority},
 * {@code @path}, {@code @query} and, if and only if there is a body, {@code content-digest}; the parameters {@code created},
 * {@code nonce}, {@code keyid} (the endpoint) and {@code alg="ed25519"}; in any order, each once, and nothing else.
 *
 * <p>Immutable. {@link #base} is what is signed: pure Ed25519 (RFC 8032) over these bytes.
 */
public final class RequestSignature {
    /** Holds what is signed and by whom. */
    public static final String INPUT_FIELD = "Signature-Input";

    /** Holds the signature itself. */
    public static final String SIGNATURE_FIELD = "Signature";

    /** The only label that is looked at. */
    public static final String LABEL = "unibus";

    private static final String ALGORITHM = "ed25519";
    private static final int SIGNATURE_BYTES = 64;
    private static final int SHORTEST_NONCE = 16;
    private static final int LONGEST_NONCE = 64;
    private static final String CONTENT_DIGEST = "content-digest";
    private static final Set<String> PARAMETERS = Set.of("created", "nonce", "keyid", "alg");
    private static final List<String> COMPONENTS = List.of("@method", "@authority", "@path", "@query");

    /** In the order in which they came, which is part of what is signed. */
    private final InnerList components;

    private final Endpoint signer;
    private final Instant created;
    private final String nonce;

    private RequestSignature(InnerList components, Endpoint signer, Instant created, String nonce) {
        this.components = components;
        this.signer = signer;
        this.created = created;
        this.nonce = nonce;
    }

    /**
     * Describes the signature of a request that is about to be signed.
     *
     * @param created to the second
     * @param nonce 16 to 64 characters that the signer has never used before
     */
    public static RequestSignature of(Endpoint signer, Instant created, String nonce, boolean withBody) {
        List<Item<?>> covered = new ArrayList<>();
        components(withBody).forEach(component -> covered.add(StringItem.valueOf(component)));
        Map<String, Object> parameters = new LinkedHashMap<>();
        parameters.put("created", created.getEpochSecond());
        parameters.put("nonce", nonce);
        parameters.put("keyid", signer.nkey());
        parameters.put("alg", ALGORITHM);
        return new RequestSignature(
                InnerList.valueOf(covered).withParams(Parameters.valueOf(parameters)), signer, created, nonce);
    }

    /**
     * Reads the field {@code Signature-Input}.
     *
     * @param withBody whether the request has a body
     * @throws MalformedException when it is not of the profile; the message says in which way
     */
    public static RequestSignature parse(String inputField, boolean withBody) {
        if (!(only(INPUT_FIELD, inputField) instanceof InnerList list)) {
            throw malformed(INPUT_FIELD + " must hold a list of components in parentheses");
        }
        requireComponents(list, withBody);
        Parameters parameters = list.getParams();
        if (!parameters.keySet().equals(PARAMETERS)) {
            throw malformed("its parameters must be created, nonce, keyid and alg, not "
                    + String.join(", ", parameters.keySet()));
        }
        if (!ALGORITHM.equals(text(parameters, "alg"))) {
            throw malformed("its alg must be \"" + ALGORITHM + "\"");
        }
        String nonce = text(parameters, "nonce");
        if (nonce.length() < SHORTEST_NONCE || nonce.length() > LONGEST_NONCE) {
            throw malformed("its nonce must have " + SHORTEST_NONCE + " to " + LONGEST_NONCE + " characters");
        }
        if (!(parameters.get("created") instanceof IntegerItem seconds)) {
            throw malformed("its created must be a whole number of seconds since 1970");
        }
        return new RequestSignature(
                list, new Endpoint(text(parameters, "keyid")), Instant.ofEpochSecond(seconds.getAsLong()), nonce);
    }

    /**
     * Reads the field {@code Signature}.
     *
     * @return 64 bytes
     * @throws MalformedException when it holds anything but one Ed25519 signature with the label of the profile
     */
    public static byte[] parseSignature(String signatureField) {
        if (!(only(SIGNATURE_FIELD, signatureField) instanceof ByteSequenceItem item)) {
            throw malformed(SIGNATURE_FIELD + " must hold bytes in base64 between colons");
        }
        ByteBuffer bytes = item.get();
        if (bytes.remaining() != SIGNATURE_BYTES) {
            throw malformed("an Ed25519 signature has " + SIGNATURE_BYTES + " bytes, not " + bytes.remaining());
        }
        byte[] signature = new byte[SIGNATURE_BYTES];
        bytes.get(signature);
        return signature;
    }

    /** Returns who claims to have signed. */
    public Endpoint signer() {
        return signer;
    }

    /** Returns when it was signed, to the second, by the signer's clock. */
    public Instant created() {
        return created;
    }

    public String nonce() {
        return nonce;
    }

    /** Returns the field {@code Signature-Input}. */
    public String inputField() {
        return LABEL + "=" + components.serialize();
    }

    /** Returns the field {@code Signature}. */
    public static String signatureField(byte[] signature) {
        return LABEL + "=" + ByteSequenceItem.valueOf(signature).serialize();
    }

    /**
     * Returns the bytes that are signed: RFC 9421, section 2.5.
     *
     * @throws IllegalArgumentException when the request has a content digest and the signature covers none, or the reverse
     */
    public byte[] base(SignedRequest request) {
        if (request.contentDigest().isPresent() != covers(CONTENT_DIGEST)) {
            throw new IllegalArgumentException("a content digest is signed if and only if there is a body");
        }
        return base(components, component -> switch (component) {
            case "@method" -> request.method();
            case "@authority" -> request.authority();
            case "@path" -> request.path();
            case "@query" -> request.query();
            default -> request.contentDigest().orElseThrow();
        });
    }

    /** Returns the signature base over any components. */
    static byte[] base(InnerList components, Function<String, String> valueOf) {
        StringBuilder base = new StringBuilder(256);
        for (Item<?> component : components.get()) {
            component.serializeTo(base).append(": ");
            base.append(valueOf.apply(String.valueOf(component.get()))).append('\n');
        }
        base.append("\"@signature-params\": ");
        return components.serializeTo(base).toString().getBytes(StandardCharsets.UTF_8);
    }

    private boolean covers(String component) {
        return components.get().stream().anyMatch(item -> component.equals(item.get()));
    }

    private static List<String> components(boolean withBody) {
        List<String> components = new ArrayList<>(COMPONENTS);
        if (withBody) {
            components.add(CONTENT_DIGEST);
        }
        return components;
    }

    private static void requireComponents(InnerList list, boolean withBody) {
        List<String> wanted = components(withBody);
        Set<Object> found = new HashSet<>();
        for (Item<?> component : list.get()) {
            boolean plain =
                    component instanceof StringItem && component.getParams().isEmpty();
            if (!plain || !wanted.contains(String.valueOf(component.get())) || !found.add(component.get())) {
                throw malformed("of this request it must cover " + String.join(", ", wanted) + ", each once and as they"
                        + " are, not " + component.serialize());
            }
        }
        wanted.removeAll(found);
        if (!wanted.isEmpty()) {
            throw malformed("it does not cover " + String.join(", ", wanted));
        }
    }

    /** Returns the only member of a dictionary, which must have the label of the profile. */
    private static ListElement<?> only(String field, String value) {
        Map<String, ListElement<?>> members;
        try {
            Dictionary dictionary = Parser.parseDictionary(value);
            members = dictionary.get();
        } catch (ParseException e) {
            throw malformed(field + " is no dictionary of structured fields (RFC 9651): " + e.getMessage());
        }
        if (!members.keySet().equals(Set.of(LABEL))) {
            throw malformed(field + " must hold the label " + LABEL + " and no other");
        }
        return Optional.ofNullable(members.get(LABEL)).orElseThrow();
    }

    private static String text(Parameters parameters, String name) {
        if (parameters.get(name) instanceof StringItem text) {
            return text.get();
        }
        throw malformed("its " + name + " must be a string in quotation marks");
    }

    private static MalformedException malformed(String reason) {
        return new MalformedException("signature", reason);
    }
}
