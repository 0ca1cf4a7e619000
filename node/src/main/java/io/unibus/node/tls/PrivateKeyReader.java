package io.unibus.node.tls;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.List;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.pkcs.RSAPrivateKey;
import org.bouncycastle.asn1.sec.ECPrivateKey;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;

/** Reads the key of a certificate in the forms in which ACME clients and openssl write it: PKCS #8, SEC 1 and PKCS #1. */
final class PrivateKeyReader {
    private static final byte[] SAMPLE = {1};

    private PrivateKeyReader() {}

    /**
     * Returns the private key that belongs to {@code publicKey}.
     *
     * @throws UnusablePairException when it is another one, or none
     */
    static PrivateKey read(byte[] pem, PublicKey publicKey) {
        List<PemText.Block> keys = PemText.blocks(pem).stream()
                .filter(block -> block.kind().endsWith("PRIVATE KEY"))
                .toList();
        if (keys.isEmpty()) {
            throw new UnusablePairException(
                    "there is no private key as PEM in it: name the file that begins with -----BEGIN PRIVATE KEY-----");
        }
        PemText.Block found = keys.get(0);
        if (found.isEncrypted()) {
            throw new UnusablePairException(
                    "it needs a password, which a node cannot ask for: write it without one, with"
                            + " `openssl pkey -in FILE -out NEW_FILE`");
        }
        try {
            PrivateKey key = KeyFactory.getInstance(publicKey.getAlgorithm())
                    .generatePrivate(new PKCS8EncodedKeySpec(pkcs8(found, publicKey)));
            if (fits(key, publicKey)) {
                return key;
            }
        } catch (UnusablePairException e) {
            throw e;
        } catch (GeneralSecurityException
                | IOException
                | RuntimeException e) { // of what the parser finds in damaged bytes
            throw notOfCertificate();
        }
        throw notOfCertificate();
    }

    private static UnusablePairException notOfCertificate() {
        return new UnusablePairException(
                "it is not the key of the certificate: give the two files that were made together");
    }

    private static byte[] pkcs8(PemText.Block block, PublicKey publicKey) throws IOException {
        return switch (block.kind()) {
            case "PRIVATE KEY" -> block.der();
            case "EC PRIVATE KEY" ->
                new PrivateKeyInfo(
                                SubjectPublicKeyInfo.getInstance(publicKey.getEncoded())
                                        .getAlgorithm(),
                                ECPrivateKey.getInstance(block.der()))
                        .getEncoded(ASN1Encoding.DER);
            case "RSA PRIVATE KEY" ->
                new PrivateKeyInfo(
                                new AlgorithmIdentifier(PKCSObjectIdentifiers.rsaEncryption, DERNull.INSTANCE),
                                RSAPrivateKey.getInstance(block.der()))
                        .getEncoded(ASN1Encoding.DER);
            default ->
                throw new UnusablePairException("a node does not read a " + block.kind()
                        + ": write it as PKCS #8, with `openssl pkcs8 -topk8 -nocrypt -in FILE -out NEW_FILE`");
        };
    }

    private static boolean fits(PrivateKey key, PublicKey publicKey) throws GeneralSecurityException {
        Signature signer = Signature.getInstance(algorithm(publicKey));
        signer.initSign(key);
        signer.update(SAMPLE);
        byte[] signature = signer.sign();
        Signature verifier = Signature.getInstance(algorithm(publicKey));
        verifier.initVerify(publicKey);
        verifier.update(SAMPLE);
        return verifier.verify(signature);
    }

    private static String algorithm(PublicKey key) {
        return switch (key.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            case "EdDSA" -> "EdDSA";
            default ->
                throw new UnusablePairException("a certificate with a key of the kind " + key.getAlgorithm()
                        + " is not one for TLS: have one made for a key of P-256 or RSA");
        };
    }
}
