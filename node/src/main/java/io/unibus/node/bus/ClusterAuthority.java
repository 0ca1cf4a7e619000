package io.unibus.node.bus;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.Base64;
import java.util.Collection;
import java.util.Date;
import java.util.HexFormat;
import java.util.TreeSet;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.DERUTF8String;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.sec.ECPrivateKey;
import org.bouncycastle.asn1.sec.SECNamedCurves;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.AuthorityKeyIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x509.TBSCertificate;
import org.bouncycastle.asn1.x509.Time;
import org.bouncycastle.asn1.x509.V3TBSCertificateGenerator;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.crypto.digests.SHA1Digest;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.bouncycastle.crypto.signers.HMacDSAKCalculator;
import org.bouncycastle.math.ec.FixedPointCombMultiplier;
import org.bouncycastle.util.IPAddress;
import org.jspecify.annotations.Nullable;

/**
 * The certificate authority of a cluster, P-256: every node derives the same one from the cluster's key, byte for byte, so that
 * no file of it exists. What it signs proves that its holder had that key. Immutable; shows no secret.
 *
 * <p>Its certificates hold from 1970 to the last day that X.509 knows (RFC 5280, 4.1.2.5): an earlier end would protect little,
 * since the key of a certificate lies beside that of the cluster, and it would end the routes of a node that was not restarted,
 * or whose clock is wrong.
 */
public final class ClusterAuthority {
    private static final String KEY_LABEL = "certificate authority P-256";
    private static final int KEY_BYTES = 64;
    private static final X500Name NAME = new X500Name("CN=unibus cluster authority");
    private static final Date BEGIN = Date.from(Instant.EPOCH);
    private static final Date END = Date.from(Instant.parse("9999-12-31T23:59:59Z"));
    private static final int SERIAL_BITS = 127;
    private static final Pattern DNS_NAME = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9])?");

    private static final X9ECParameters CURVE = SECNamedCurves.getByName("secp256r1");
    private static final ECDomainParameters DOMAIN = new ECDomainParameters(CURVE);
    private static final AlgorithmIdentifier SIGNATURE = new AlgorithmIdentifier(X9ObjectIdentifiers.ecdsa_with_SHA256);
    private static final AlgorithmIdentifier PUBLIC_KEY =
            new AlgorithmIdentifier(X9ObjectIdentifiers.id_ecPublicKey, SECObjectIdentifiers.secp256r1);

    private final BigInteger key;
    private final SubjectPublicKeyInfo publicKey;
    private final byte[] certificate;

    private ClusterAuthority(BigInteger key) {
        this.key = key;
        this.publicKey = publicKeyOf(key);
        try {
            ExtensionsGenerator extensions = new ExtensionsGenerator();
            extensions.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
            extensions.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
            extensions.addExtension(Extension.subjectKeyIdentifier, false, identifierOf(publicKey));
            this.certificate = signed(BigInteger.ONE, NAME, publicKey, extensions);
        } catch (IOException e) {
            throw new IllegalStateException("a certificate can always be encoded in memory", e);
        }
    }

    /** Derives the authority of a cluster. */
    public static ClusterAuthority of(ClusterKey clusterKey) {
        return new ClusterAuthority(privateKey(new BigInteger(1, clusterKey.deriveBytes(KEY_LABEL, KEY_BYTES))));
    }

    /** Reduces more bits than a key has, so that no value is likelier than another (FIPS 186-5, A.2.1). */
    private static BigInteger privateKey(BigInteger material) {
        return material.mod(CURVE.getN().subtract(BigInteger.ONE)).add(BigInteger.ONE);
    }

    /** Returns the authority's own certificate. */
    public String certificatePem() {
        return pem("CERTIFICATE", certificate);
    }

    /** Returns the SHA-256 of the authority's own certificate, as people compare it: {@code 0C:E7:...}. */
    public String fingerprint() {
        try {
            return HexFormat.ofDelimiter(":")
                    .withUpperCase()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(certificate));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /**
     * Makes a key pair and its certificate, for both sides of a connection.
     *
     * @param name of the node, for people
     * @param hosts names and addresses under which others reach it; what is neither is left out
     */
    Leaf issue(String name, Collection<String> hosts, SecureRandom random) {
        BigInteger leafKey = privateKey(new BigInteger(KEY_BYTES * Byte.SIZE, random));
        SubjectPublicKeyInfo leafPublic = publicKeyOf(leafKey);
        try {
            ExtensionsGenerator extensions = new ExtensionsGenerator();
            extensions.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
            extensions.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
            extensions.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(new KeyPurposeId[] {
                KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth
            }));
            extensions.addExtension(Extension.subjectKeyIdentifier, false, identifierOf(leafPublic));
            extensions.addExtension(
                    Extension.authorityKeyIdentifier,
                    false,
                    new AuthorityKeyIdentifier(identifierOf(publicKey).getKeyIdentifier()));
            extensions.addExtension(Extension.subjectAlternativeName, false, alternativeNames(hosts));
            BigInteger serial = new BigInteger(SERIAL_BITS, random).setBit(0);
            RDN subject = new RDN(BCStyle.CN, new DERUTF8String(name));
            byte[] leaf = signed(serial, new X500Name(new RDN[] {subject}), leafPublic, extensions);
            byte[] pkcs8 = new PrivateKeyInfo(
                            PUBLIC_KEY,
                            new ECPrivateKey(DOMAIN.getN().bitLength(), leafKey, leafPublic.getPublicKeyData(), null))
                    .getEncoded(ASN1Encoding.DER);
            return new Leaf(leaf, pkcs8, certificate);
        } catch (IOException e) {
            throw new IllegalStateException("a certificate can always be encoded in memory", e);
        }
    }

    /** A node's key pair and certificate, of which only {@link #keyPem} is secret; its {@code toString} shows none. Thread-safe. */
    static final class Leaf {
        private final byte[] certificate;
        private final byte[] key;
        private final byte[] authority;
        private @Nullable SSLContext context;

        private Leaf(byte[] certificate, byte[] key, byte[] authority) {
            this.certificate = certificate;
            this.key = key;
            this.authority = authority;
        }

        String certificatePem() {
            return pem("CERTIFICATE", certificate);
        }

        String authorityPem() {
            return pem("CERTIFICATE", authority);
        }

        /** The private key as PKCS #8. */
        String keyPem() {
            return pem("PRIVATE KEY", key);
        }

        /** Returns TLS that presents this certificate, and trusts what the same authority signed; always the same. */
        synchronized SSLContext context() {
            SSLContext made = context;
            if (made == null) {
                made = newContext();
                context = made;
            }
            return made;
        }

        private SSLContext newContext() {
            try {
                CertificateFactory certificates = CertificateFactory.getInstance("X.509");
                Certificate own = certificates.generateCertificate(new ByteArrayInputStream(certificate));
                Certificate root = certificates.generateCertificate(new ByteArrayInputStream(authority));
                PrivateKey pair = KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(key));
                KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
                store.load(null, null);
                store.setKeyEntry("node", pair, new char[0], new Certificate[] {own});
                store.setCertificateEntry("authority", root);
                KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
                keys.init(store, new char[0]);
                TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
                trust.init(store);
                SSLContext made = SSLContext.getInstance("TLS");
                made.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
                return made;
            } catch (GeneralSecurityException | IOException e) {
                throw new IllegalStateException("TLS with P-256 is not available on this Java platform", e);
            }
        }

        @Override
        public String toString() {
            return "<redacted>";
        }
    }

    @Override
    public String toString() {
        return "<redacted>";
    }

    private static GeneralNames alternativeNames(Collection<String> hosts) {
        ASN1EncodableVector names = new ASN1EncodableVector();
        for (String given : new TreeSet<>(hosts)) {
            String host = given.endsWith(".") ? given.substring(0, given.length() - 1) : given;
            if (IPAddress.isValid(host)) {
                names.add(new GeneralName(GeneralName.iPAddress, host));
            } else if (DNS_NAME.matcher(host).matches()) {
                names.add(new GeneralName(GeneralName.dNSName, host));
            }
        }
        return GeneralNames.getInstance(new DERSequence(names));
    }

    private byte[] signed(
            BigInteger serial, X500Name subject, SubjectPublicKeyInfo subjectKey, ExtensionsGenerator extensions)
            throws IOException {
        V3TBSCertificateGenerator generator = new V3TBSCertificateGenerator();
        generator.setSerialNumber(new ASN1Integer(serial));
        generator.setSignature(SIGNATURE);
        generator.setIssuer(NAME);
        generator.setStartDate(new Time(BEGIN));
        generator.setEndDate(new Time(END));
        generator.setSubject(subject);
        generator.setSubjectPublicKeyInfo(subjectKey);
        generator.setExtensions(extensions.generate());
        TBSCertificate content = generator.generateTBSCertificate();
        return new DERSequence(new ASN1Encodable[] {
                    content, SIGNATURE, new DERBitString(sign(content.getEncoded(ASN1Encoding.DER)))
                })
                .getEncoded(ASN1Encoding.DER);
    }

    /** ECDSA with SHA-256 and a nonce that follows from key and content (RFC 6979). */
    private byte[] sign(byte[] content) throws IOException {
        ECDSASigner signer = new ECDSASigner(new HMacDSAKCalculator(new SHA256Digest()));
        signer.init(true, new ECPrivateKeyParameters(key, DOMAIN));
        SHA256Digest digest = new SHA256Digest();
        digest.update(content, 0, content.length);
        byte[] hash = new byte[digest.getDigestSize()];
        digest.doFinal(hash, 0);
        BigInteger[] signature = signer.generateSignature(hash);
        return new DERSequence(new ASN1Encodable[] {new ASN1Integer(signature[0]), new ASN1Integer(signature[1])})
                .getEncoded(ASN1Encoding.DER);
    }

    private static SubjectPublicKeyInfo publicKeyOf(BigInteger key) {
        byte[] point = new FixedPointCombMultiplier()
                .multiply(CURVE.getG(), key)
                .normalize()
                .getEncoded(false);
        return new SubjectPublicKeyInfo(PUBLIC_KEY, point);
    }

    /** RFC 5280, 4.2.1.2, first method; SHA-1 names the key there, and protects nothing. */
    private static SubjectKeyIdentifier identifierOf(SubjectPublicKeyInfo publicKey) {
        byte[] bits = publicKey.getPublicKeyData().getBytes();
        SHA1Digest digest = new SHA1Digest();
        digest.update(bits, 0, bits.length);
        byte[] identifier = new byte[digest.getDigestSize()];
        digest.doFinal(identifier, 0);
        return new SubjectKeyIdentifier(identifier);
    }

    private static String pem(String kind, byte[] der) {
        String lines = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                .encodeToString(der);
        return "-----BEGIN " + kind + "-----\n" + lines + "\n-----END " + kind + "-----\n";
    }
}
