"""What each scanner said of one small fault, shortened to the keys that are read. Versions are those of uv.lock."""

CHECKOV = """{"check_type": "arm", "results": {"failed_checks": [{"check_id": "CKV_AZURE_87",
 "check_name": "Ensure that Azure Defender is set to On for Key Vault", "file_path": "/eu-prod.json",
 "resource": "Microsoft.Security/pricings.Arm", "guideline": null}]},
 "summary": {"passed": 1, "failed": 1, "skipped": 0, "parsing_errors": 0, "resource_count": 2}}"""
CHECKOV_OF_NOTHING = """{"passed": 0, "failed": 0, "skipped": 0, "parsing_errors": 0, "resource_count": 0}"""

HADOLINT = """[{"code":"DL3006","column":1,"file":"Dockerfile","level":"warning","line":1,
 "message":"Always tag the version of an image explicitly"}]"""

YAMLLINT = 'stack.yaml:2:1: [error] duplication of key "a" in mapping (key-duplicates)\n'

SHELLCHECK = """[{"file":"a.sh","line":2,"endLine":2,"column":6,"endColumn":8,"level":"info","code":2086,
 "message":"Double quote to prevent globbing and word splitting.","fix":null}]"""

ACTIONLINT = """[{"message":"label \\"x\\" is unknown","filepath":".github/workflows/w.yml","line":4,"column":14,
 "kind":"runner-label","snippet":"","end_column":14}]"""

ZIZMOR = """[{"ident": "artipacked", "desc": "credential persistence", "url": "https://docs.zizmor.sh/audits/#artipacked",
 "locations": [{"symbolic": {"key": {"Local": {"verbatim_path": ".github/workflows/w.yml"}},
 "annotation": "does not set persist-credentials: false", "kind": "Primary"},
 "concrete": {"location": {"start_point": {"row": 4, "column": 59}}}}], "ignored": false}]"""

SCHEMAS = """{"status": "fail", "errors": [{"filename": "azure-pipelines.yml", "path": "$", "message": "is not valid",
 "has_sub_errors": true, "best_deep_match": {"path": "$.stages[0].jobs[0]", "message": "'steps' is missing"}}],
 "parse_errors": []}"""

KUBECONFORM = """{"resources": [{"filename": "/x/manifests/eu-prod.yaml", "kind": "ConfigMap", "name": "x",
 "version": "v1", "status": "statusInvalid", "msg": "additional properties 'dat' not allowed"}],
 "summary": {"valid": 3, "invalid": 1, "errors": 0, "skipped": 0}}"""

DETECT_SECRETS = """{"version": "1.5.0", "results": {"p.py": [{"type": "Secret Keyword", "filename": "p.py",
 "hashed_secret": "ffffffffffffffffffffffffffffffffffffffff", "is_verified": false, "line_number": 1}]}}"""

PIP_AUDIT = """{"dependencies": [
 {"name": "jinja2", "version": "3.1.2", "vulns": [{"id": "PYSEC-2024-1", "aliases": ["CVE-2024-22195"],
  "fix_versions": ["3.1.3"], "description": "…"}]},
 {"name": "sound", "version": "1.0", "vulns": []},
 {"name": "unheard-of", "skip_reason": "Dependency not found on PyPI and could not be audited"}], "fixes": []}"""
