-- The tables of the scenario; whoever reads this may distribute them before
-- they are filled.
CREATE TABLE person (id bigint PRIMARY KEY, email text, phone text, opt_in boolean, town integer, score numeric, mark text);
CREATE TABLE purchase (person_id bigint NOT NULL, number integer NOT NULL, total numeric, PRIMARY KEY (person_id, number));
