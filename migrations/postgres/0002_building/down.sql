DROP TABLE fields;
DROP TABLE subscribers;
DROP TABLE webhooks;
DROP TABLE mini_apps;
DROP TABLE bot_scenarios;
DROP TABLE scenario_versions;
DROP TABLE scenarios;
DROP TABLE bots;
