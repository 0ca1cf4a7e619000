package io.unibus.node.tls;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x509.TBSCertificate;
import org.bouncycastle.asn1.x509.Time;
import org.bouncycastle.asn1.x509.V3TBSCertificateGenerator;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.util.IPAddress;

/** A private authority of P-256 that issues certificates of any kind, good and bad. */
public final class TestAuthority {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final AlgorithmIdentifier SIGNATURE = new AlgorithmIdentifier(X9ObjectIdentifiers.ecdsa_with_SHA256);
    private static final X500Name NAME = new X500Name("CN=test authority");

    private final KeyPair keys = keyPair("EC", 256);
    private final String certificatePem;

    public TestAuthority() {
        certificatePem =
                certificate(NAME, NAME, keys, keys.getPrivate(), List.of(), validFor(Duration.ofDays(90)), true);
    }

    /** When a certificate begins and ends. */
    public record Validity(Instant begins, Instant ends) {}

    /** What an ACME client leaves in its two files. */
    public record Issued(String certificatePem, KeyPair keys) {
        public String keyPem() {
            return PemText.of("PRIVATE KEY", keys.getPrivate().getEncoded());
        }

        public BigInteger serial() {
            return TlsPair.of(certificatePem, keyPem()).leaf().getSerialNumber();
        }

        /** Writes both, the key for its owner only. */
        public void writeTo(Path certificate, Path key) throws IOException {
            Files.writeString(certificate, certificatePem);
            writeKey(key, keyPem());
        }
    }

    public static Validity validFor(Duration time) {
        Instant now = Instant.now();
        return new Validity(now.minus(Duration.ofDays(1)), now.plus(time));
    }

    public String certificatePem() {
        return certificatePem;
    }

    /** Issues one of P-256 that is valid for 90 days. */
    public Issued issue(String... hosts) {
        return issue(keyPair("EC", 256), validFor(Duration.ofDays(90)), hosts);
    }

    public Issued issue(KeyPair leaf, Validity validity, String... hosts) {
        String pem =
                certificate(new X500Name("CN=node"), NAME, leaf, keys.getPrivate(), List.of(hosts), validity, false);
        return new Issued(pem + certificatePem, leaf);
    }

    static Issued selfSigned(String... hosts) {
        KeyPair pair = keyPair("EC", 256);
        X500Name name = new X500Name("CN=self");
        return new Issued(
                certificate(name, name, pair, pair.getPrivate(), List.of(hosts), validFor(Duration.ofDays(90)), false),
                pair);
    }

    public static void writeKey(Path file, String pem) throws IOException {
        Files.deleteIfExists(file);
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, pem);
    }

    static KeyPair keyPair(String algorithm, int bits) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
            if (bits > 0) {
                generator.initialize(bits);
            }
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String certificate(
            X500Name subject,
            X500Name issuer,
            KeyPair pair,
            PrivateKey signer,
            List<String> hosts,
            Validity validity,
            boolean isAuthority) {
        try {
            ExtensionsGenerator extensions = new ExtensionsGenerator();
            extensions.addExtension(Extension.basicConstraints, true, new BasicConstraints(isAuthority));
            if (!hosts.isEmpty()) {
                ASN1EncodableVector names = new ASN1EncodableVector();
                for (String host : hosts) {
                    int kind = IPAddress.isValid(host) ? GeneralName.iPAddress : GeneralName.dNSName;
                    names.add(new GeneralName(kind, host));
                }
                extensions.addExtension(
                        Extension.subjectAlternativeName, false, GeneralNames.getInstance(new DERSequence(names)));
            }
            V3TBSCertificateGenerator generator = new V3TBSCertificateGenerator();
            generator.setSerialNumber(new ASN1Integer(new BigInteger(127, RANDOM).setBit(0)));
            generator.setSignature(SIGNATURE);
            generator.setIssuer(issuer);
            generator.setStartDate(new Time(Date.from(validity.begins())));
            generator.setEndDate(new Time(Date.from(validity.ends())));
            generator.setSubject(subject);
            generator.setSubjectPublicKeyInfo(
                    SubjectPublicKeyInfo.getInstance(pair.getPublic().getEncoded()));
            generator.setExtensions(extensions.generate());
            TBSCertificate content = generator.generateTBSCertificate();
            Signature signature = Signature.getInstance("SHA256withECDSA");
            signature.initSign(signer);
            signature.update(content.getEncoded(ASN1Encoding.DER));
            byte[] der = new DERSequence(new ASN1Encodable[] {content, SIGNATURE, new DERBitString(signature.sign())})
                    .getEncoded(ASN1Encoding.DER);
            return PemText.of("CERTIFICATE", der);
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
