"""The service's tables: one function per statement, under the statement's name; decides nothing."""
