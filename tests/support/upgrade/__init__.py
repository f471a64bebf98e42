"""Two versions of the code side by side on one stack, as while a release is rolled out."""
