# Sourced: rows for one tenant in its own schema and in the tables that tenants share, foreign keys and all.
# shellcheck shell=bash
fill() { # fill UUID WORD
  sql "INSERT INTO tenant_$(hex "$1").research_projects (name) SELECT '$2 ' || i FROM generate_series(1, 7) i;
       INSERT INTO stratmaster_api.reports (tenant_id, title, status) VALUES ('$1', '$2', 'published'), ('$1', '$2 again', 'draft');
       INSERT INTO stratmaster_api.research_sources (tenant_id, kind, locator, title) VALUES ('$1', 'web', '$2', '$2');
       INSERT INTO stratmaster_api.knowledge_documents (tenant_id, source_id, title, sha256)
         SELECT tenant_id, id, '$2', repeat('a', 64) FROM stratmaster_api.research_sources WHERE tenant_id = '$1';
       INSERT INTO stratmaster_api.knowledge_chunks (tenant_id, document_id, position, content)
         SELECT tenant_id, id, i, '$2' FROM stratmaster_api.knowledge_documents, generate_series(0, 4) i WHERE tenant_id = '$1';
       INSERT INTO stratmaster_api.knowledge_citations (tenant_id, report_id, document_id, quote)
         SELECT r.tenant_id, r.id, d.id, '$2' FROM stratmaster_api.reports r JOIN stratmaster_api.knowledge_documents d
           USING (tenant_id) WHERE r.tenant_id = '$1'"
}
