"""`/api/v1/imports`: whole libraries that come along from elsewhere."""
