DROP TABLE mini_app_versions;
