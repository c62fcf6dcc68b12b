DROP INDEX rectifications_source;
