-- A policy in PostgreSQL: who is forced, and to which answer.
--
--   createdb mail && psql -d mail -v ON_ERROR_STOP=1 -1 -f postgresql.sql
--
-- Any other schema will do as well; the query of the table's .cf file says how
-- an answer is found in it. This one suits the default query, and shows what
-- the rest takes: notices of changes, aliases, and owners who switch their own
-- address and no other.

-- As whom forceencd logs in; a group of those who change everybody's answer
-- with forceencctl; and one of those who own mailboxes. A user who logs in by a
-- role of their own joins it: GRANT mailbox TO alice.
CREATE ROLE forceenc LOGIN;
CREATE ROLE forceenc_admin NOLOGIN;
CREATE ROLE mailbox NOLOGIN;

CREATE TABLE policy (
	-- An address, a domain as "@example.com", or "<>", the null sender; in
	-- lower case, domains in A-labels. Longer ones can be no address.
	address text PRIMARY KEY CHECK (address <> ''
		AND address = lower(address COLLATE "C")
		AND octet_length(address) <= 2048),
	-- A permitted answer such as "forceenc:", or a truth value.
	answer text NOT NULL CHECK (answer <> ''),
	-- The role that may change the answer.
	owner name
);
-- Owners see their own rows without a look at everybody's.
CREATE INDEX ON policy (owner) WHERE owner IS NOT NULL;

-- Further addresses of the same mailbox.
CREATE TABLE alias (
	address text PRIMARY KEY CHECK (address <> ''
		AND address = lower(address COLLATE "C")
		AND octet_length(address) <= 2048),
	target text NOT NULL REFERENCES policy (address)
		ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE INDEX ON alias (target);

-- With aliases the query is
--   query = SELECT answer FROM policy_alias WHERE address = '%s'
CREATE VIEW policy_alias AS
	SELECT address, answer FROM policy
	UNION ALL
	SELECT alias.address, policy.answer
	FROM alias JOIN policy ON policy.address = alias.target;

-- Notices of changes, for listen_channel = forceenc. The payload is a key that
-- has changed, and a change of an address is one of both, the old and the new;
-- an empty payload says that anything may have.
--
-- Notices make concurrent writers wait for each other. Hence the conditions
-- below: what doesn't change an answer makes none. Before changing very many
-- rows at once, disable the row triggers and send one notice at the end:
--   ALTER TABLE policy DISABLE TRIGGER USER; ...; NOTIFY forceenc;
CREATE FUNCTION policy_notify() RETURNS trigger
	LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public
AS $$
DECLARE
	changed text[];
BEGIN
	IF TG_OP = 'TRUNCATE' THEN
		PERFORM pg_notify('forceenc', '');
		RETURN NULL;
	END IF;
	IF TG_OP <> 'INSERT' THEN
		changed := changed || OLD.address;
	END IF;
	IF TG_OP <> 'DELETE' THEN
		changed := changed || NEW.address;
	END IF;
	PERFORM pg_notify('forceenc', address)
	FROM (
		SELECT unnest(changed) AS address
		UNION
		SELECT alias.address FROM alias
		WHERE TG_TABLE_NAME = 'policy' AND alias.target = ANY (changed)
	) AS keys;
	RETURN NULL;
END
$$;

CREATE TRIGGER policy_come_and_go AFTER INSERT OR DELETE ON policy
	FOR EACH ROW EXECUTE FUNCTION policy_notify();
CREATE TRIGGER policy_change AFTER UPDATE ON policy
	FOR EACH ROW WHEN (OLD.address <> NEW.address
		OR OLD.answer <> NEW.answer)
	EXECUTE FUNCTION policy_notify();
CREATE TRIGGER policy_truncate AFTER TRUNCATE ON policy
	FOR EACH STATEMENT EXECUTE FUNCTION policy_notify();

CREATE TRIGGER alias_come_and_go AFTER INSERT OR DELETE ON alias
	FOR EACH ROW EXECUTE FUNCTION policy_notify();
CREATE TRIGGER alias_change AFTER UPDATE ON alias
	FOR EACH ROW WHEN (OLD.address <> NEW.address
		OR OLD.target <> NEW.target)
	EXECUTE FUNCTION policy_notify();
CREATE TRIGGER alias_truncate AFTER TRUNCATE ON alias
	FOR EACH STATEMENT EXECUTE FUNCTION policy_notify();

-- forceencd reads everything and writes nothing. An owner sees and switches
-- the rows that are theirs, and can't give them away.
GRANT SELECT ON policy, policy_alias TO forceenc, forceenc_admin;
GRANT INSERT, UPDATE, DELETE ON policy TO forceenc_admin;
GRANT SELECT, INSERT, UPDATE, DELETE ON alias TO forceenc_admin;
GRANT SELECT, UPDATE (answer) ON policy TO mailbox;
ALTER TABLE policy ENABLE ROW LEVEL SECURITY;
CREATE POLICY read_all ON policy FOR SELECT TO forceenc USING (true);
CREATE POLICY change_all ON policy TO forceenc_admin
	USING (true) WITH CHECK (true);
CREATE POLICY read_own ON policy FOR SELECT TO mailbox
	USING (owner = current_user);
CREATE POLICY switch_own ON policy FOR UPDATE TO mailbox
	USING (owner = current_user) WITH CHECK (owner = current_user);
