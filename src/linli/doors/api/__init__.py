"""The door for programs: /api/v1, described by OpenAPI. The same acts and the same refusals as every other door."""
