"""The Content-Security-Policy of the site, and what a web server adds to it.

Nothing inline, no eval, nothing from elsewhere: a text that slipped through as markup could neither run nor load
anything. W3C, Content Security Policy Level 3.
"""

from __future__ import annotations

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'none'; base-uri 'none'; form-action 'none'"
)
META = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"><link rel="icon" href="data:,">'
"""For the page's head, before anything that the policy governs; with no icon, which browsers would else ask for."""

NGINX = f"""# Include in the server block that serves this folder (root …; charset utf-8;).
# frame-ancestors and the other headers have no meaning in a page, so they stand here only.
add_header Content-Security-Policy "{POLICY}; frame-ancestors 'none'" always;
add_header X-Content-Type-Options "nosniff" always;
add_header Referrer-Policy "no-referrer" always;
charset utf-8;
charset_types text/html text/css text/csv text/plain text/xml application/javascript application/json application/atom+xml;
error_page 404 /404.html;
location ~ \\.parquet$ {{ types {{ }} default_type application/vnd.apache.parquet; }}
location = /atom.xml {{ types {{ }} default_type application/atom+xml; }}
"""
