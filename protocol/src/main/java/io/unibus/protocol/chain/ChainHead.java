package io.unibus.protocol.chain;

/**
 * The place of a link in its chain. The hash stands for the link and all before it.
 *
 * @param number from 1
 * @param hash of the link with that number
 */
public record ChainHead(long number, ChainDigest hash) {}
