-- The one question that a gateway asks: which chunks of a collection lie nearest to a vector.

SET LOCAL ROLE retrieval_owner;

-- Loads pgvector's library, which makes hnsw.iterative_scan a known setting: to attach an unknown one takes a superuser.
SELECT '[1]'::public.vector;

CREATE FUNCTION retrieval.nearest(query public.vector, collection text, k integer)
    RETURNS TABLE (
        document uuid, ordinal integer, source text, classification text, text text, distance double precision)
    LANGUAGE plpgsql VOLATILE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
    SET hnsw.iterative_scan = relaxed_order
AS $$
#variable_conflict use_column
DECLARE
    wanted constant integer := least(greatest(coalesce(k, 0), 0), 50);
BEGIN
    -- Judged before any row is, so that the answer doesn't depend on what others have stored.
    IF query IS NULL OR public.vector_dims(query) <> 1024 OR NOT public.vector_norm(query) > 0 THEN
        RAISE EXCEPTION 'retrieval.nearest wants a vector of 1024 dimensions, not all zero'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF coalesce(current_setting('bailiwick.tenant', true), '') = '' THEN
        RETURN;
    END IF;
    RETURN QUERY
    WITH indexed AS MATERIALIZED (
        SELECT c.document, c.ordinal, c.text, c.embedding OPERATOR(public.<=>) query AS distance
        FROM retrieval.chunks c WHERE c.collection = nearest.collection
        ORDER BY c.embedding OPERATOR(public.<=>) query LIMIT wanted
    ), exact AS MATERIALIZED (
        -- The index holds every tenant's vectors: its scan may end (hnsw.max_scan_tuples) before k of them are this
        -- tenant's, and its graph may not lead to them from a crowd of another's. Then, and only then, all of the
        -- tenant's own are compared; `+ 0` keeps the index out.
        SELECT c.document, c.ordinal, c.text, (c.embedding OPERATOR(public.<=>) query) + 0 AS distance
        FROM retrieval.chunks c
        WHERE c.collection = nearest.collection AND (SELECT count(*) FROM indexed) < wanted
        ORDER BY (c.embedding OPERATOR(public.<=>) query) + 0 LIMIT wanted
    ), found AS MATERIALIZED (
        SELECT * FROM indexed WHERE (SELECT count(*) FROM indexed) >= wanted
        UNION ALL SELECT * FROM exact
    ), recorded AS (
        INSERT INTO retrieval.accesses (action, collection, documents)
        SELECT 'search', nearest.collection, coalesce(array_agg(DISTINCT f.document), '{}') FROM found f
    )
    SELECT f.document, f.ordinal, d.source, d.classification, f.text, f.distance
    FROM found f JOIN retrieval.documents d ON d.id = f.document
    -- A relaxed scan may be slightly out of order; `+ 0` makes PostgreSQL 17 and newer sort again.
    ORDER BY f.distance + 0, f.document, f.ordinal;
END $$;

REVOKE ALL ON FUNCTION retrieval.nearest FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retrieval.nearest TO retrieval_reader;
