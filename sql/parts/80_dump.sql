-- ---------------------------------------------------------------------------
-- What pg_dump takes: every table and every sequence, one statement each
-- ---------------------------------------------------------------------------

SELECT pg_extension_config_dump('campaign.origin', '');
SELECT pg_extension_config_dump('campaign.dimension', '');
SELECT pg_extension_config_dump('campaign.dimension_dimension_id_seq', '');
SELECT pg_extension_config_dump('campaign.template', '');
SELECT pg_extension_config_dump('campaign.template_template_id_seq', '');
SELECT pg_extension_config_dump('campaign.rule', '');
SELECT pg_extension_config_dump('campaign.rule_rule_id_seq', '');
SELECT pg_extension_config_dump('campaign.link', '');
SELECT pg_extension_config_dump('campaign.link_link_id_seq', '');
SELECT pg_extension_config_dump('campaign.campaign', '');
SELECT pg_extension_config_dump('campaign.campaign_campaign_id_seq', '');
SELECT pg_extension_config_dump('campaign.version', '');
SELECT pg_extension_config_dump('campaign.version_version_id_seq', '');
SELECT pg_extension_config_dump('campaign.activity', '');
SELECT pg_extension_config_dump('campaign.transition', '');
SELECT pg_extension_config_dump('campaign.run', '');
SELECT pg_extension_config_dump('campaign.run_run_id_seq', '');
SELECT pg_extension_config_dump('campaign.schedule', '');
SELECT pg_extension_config_dump('campaign.task', '');
SELECT pg_extension_config_dump('campaign.hold', '');
SELECT pg_extension_config_dump('campaign.flow', '');
SELECT pg_extension_config_dump('campaign.signal', '');
SELECT pg_extension_config_dump('campaign.signal_signal_id_seq', '');
SELECT pg_extension_config_dump('campaign.approval', '');
SELECT pg_extension_config_dump('campaign.approval_approval_id_seq', '');
SELECT pg_extension_config_dump('campaign.log', '');
SELECT pg_extension_config_dump('campaign.log_log_id_seq', '');
SELECT pg_extension_config_dump('campaign.epoch', '');
SELECT pg_extension_config_dump('campaign.epoch_epoch_id_seq', '');
SELECT pg_extension_config_dump('campaign.channel', '');
SELECT pg_extension_config_dump('campaign.throttle', '');
SELECT pg_extension_config_dump('campaign.delivery', '');
SELECT pg_extension_config_dump('campaign.delivery_delivery_id_seq', '');
SELECT pg_extension_config_dump('campaign.dispatch', '');
SELECT pg_extension_config_dump('campaign.message_number', '');
SELECT pg_extension_config_dump('campaign.chunk', '');
SELECT pg_extension_config_dump('campaign.chunk_chunk_id_seq', '');
SELECT pg_extension_config_dump('campaign.outcome', '');
SELECT pg_extension_config_dump('campaign.exclusion', '');
SELECT pg_extension_config_dump('campaign.contact', '');
SELECT pg_extension_config_dump('campaign.suppression', '');
SELECT pg_extension_config_dump('campaign.lost_lease', '');
SELECT pg_extension_config_dump('campaign.event', '');
SELECT pg_extension_config_dump('campaign.audience', '');
SELECT pg_extension_config_dump('campaign.audience_audience_id_seq', '');
SELECT pg_extension_config_dump('campaign.audience_version', '');
SELECT pg_extension_config_dump('campaign.memory', '');
SELECT pg_extension_config_dump('campaign.memory_memory_id_seq', '');
SELECT pg_extension_config_dump('campaign.memory_batch', '');
SELECT pg_extension_config_dump('campaign.memory_batch_batch_id_seq', '');
SELECT pg_extension_config_dump('campaign.memory_row', '');
SELECT pg_extension_config_dump('campaign.soft_bounce', '');
SELECT pg_extension_config_dump('campaign.secret', '');
-- Of passing interest, and known by oids of roles.
SELECT pg_extension_config_dump('campaign.parked_event', 'WHERE false');
