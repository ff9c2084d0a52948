/**
 * Extensions whose functions compute from their arguments and read no table, file or other server. Not here on
 * purpose: dblink, postgres_fdw, file_fdw, adminpack, pageinspect, pg_stat_statements, tablefunc (its crosstab
 * runs SQL), xml2, pgstattuple, pg_buffercache, postgis (parts of it run SQL).
 */
export const harmlessExtensions = new Set(
  'btree_gin btree_gist citext cube earthdistance fuzzystrmatch hstore intarray isn ltree pg_trgm pgcrypto seg unaccent uuid-ossp vector'.split(
    ' ',
  ),
);
