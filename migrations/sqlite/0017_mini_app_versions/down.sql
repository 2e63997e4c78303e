DROP TABLE mini_app_versions;
DROP INDEX mini_apps_key;
