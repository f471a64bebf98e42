"""The wallet's schema, one numbered file per step."""
