/** Every chain with its length, from the ends of the index alone. */
export const CHAINS = `WITH RECURSIVE known (chain) AS (
    SELECT min(chain) FROM entries
    UNION ALL
    SELECT (SELECT min(chain) FROM entries WHERE chain > known.chain) FROM known WHERE known.chain IS NOT NULL
  )
  SELECT chain, (SELECT max(seq) + 1 FROM entries WHERE entries.chain = known.chain)
  FROM known WHERE chain IS NOT NULL`;

/** The highest Lamport time: that of one of the chains' last entries. */
export const LAMPORT = `WITH chains_known (chain, size) AS (${CHAINS})
  SELECT max((SELECT lamport FROM entries WHERE entries.chain = chains_known.chain AND seq = size - 1)) FROM chains_known`;
