"""From built public reports to a site that any static server, object store or USB stick serves."""
