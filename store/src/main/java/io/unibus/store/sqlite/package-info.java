/**
 * The store of a single node: one SQLite file beside its write-ahead log. Only {@link
 * io.unibus.store.sqlite.SqliteErrors} reads SQLite's result codes; only {@link io.unibus.store.sqlite.Writer} begins
 * write transactions.
 */
@NullMarked
package io.unibus.store.sqlite;

import org.jspecify.annotations.NullMarked;
