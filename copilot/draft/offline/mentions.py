"""What a request speaks of: every service and every kind of action, with its place in the words.

Two tables are searched, the services and the actions below; the catalog's own plugin words are the third source.
Longer matches win over shorter ones at the same place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from copilot.draft.offline.naming import slug
from copilot.draft.offline.services import SERVICES, Service
from copilot.draft.offline.text import CODE, JDBC, NAME, QUOTED, URL, Clause, Text
from copilot.draft.offline.types import Types


@dataclass(frozen=True, slots=True)
class Mention:
    """A service (``service`` set) or an action named ``what``, at its offsets in the text."""

    start: int
    end: int
    what: str
    clause: int
    service: Service | None = None
    args: dict[str, Any] = field(default_factory=dict)


_AMOUNT = r"(?P<n>\d+(?:\.\d+)?|a|an|one|two|three|four|five|ten)"
_SECONDS = r"(?P<unit>milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?)\b"
_FILE_WORDS = r"(?:csvs?|json(?:l|\s+lines)?|xml|yaml|excel|xlsx|parquet|avro|files?|document|pdf|zip|archive|data\s?set|orders|products|numbers|logs)"

ACTIONS: tuple[tuple[str, str], ...] = (
    ("rag_ingest", r"\bembeddings?\s+of\b|\b(?:into|in)\s+(?:qdrant|chroma|pgvector|milvus)\b|\b(?:re-?index|ingest)\b(?=.{0,80}(?:rag\b|embedding|vector|document|docs\b|url|blog))|\bin(?:to)?\s+(?:a|the|our)?\s*(?:vector|embedding)\s+store|\bnow\s+with\s+rag\b"),
    ("rag_chat", r"\bchat\s+(?:over|with|about)\s+(?:it|them|our|the\s+documents?)\b|\banswer\s+(?:a\s+|the\s+)?questions?\b(?=.{0,30}(?:from\s+(?:them|it)|using|with))|\bask\s+the\s+same\s+question\s+using|\bwith\s+rag\b.{0,20}\bask\b|\brag\s+chat"),
    ("cleanup", r"\bclean\s*up\b(?!\s*(?:all\s+|the\s+|old\s+|temp\w*\s+)*(?:expired|kv|executions?|logs?|files?|objects?|blobs?|after\s+failure))"),
    ("kv_purge", r"\b(?:clean(?:\s+up)?|purge|remove|delete)\s+(?:all\s+)?(?:the\s+)?expired\s+(?:kv|key)[\w\s-]*"),
    ("archive_file", r"\bmove\s+(?:the\s+|each\s+)?(?:processed\s+)?(?:file|object|blob)s?\s+(?:to|into)\b[\w\s]*|\barchive\s+(?:the\s+|each\s+)?(?:processed\s+)?(?:file|object)s?\b"),
    ("purge_files", r"\b(?:delete|purge|remove|clean\s+up)\s+(?:all\s+|the\s+)*(?:temporary\s+|intermediate\s+|downloaded\s+)?files\s+(?:of\s+(?:this|the)\s+(?:execution|run)|from\s+(?:the\s+)?internal\s+storage|afterwards|at\s+the\s+end)(?:\s+from\s+the\s+internal\s+storage)?"),
    ("purge_executions", r"\b(?:purge|delete|clean(?:\s+up)?|remove)\s+(?:all\s+|the\s+)?(?:old\s+)?(?:executions?|execution\s+(?:logs|history))[\w\s,]*"),
    ("purge_logs", r"\b(?:purge|delete|clean(?:\s+up)?|remove)\s+(?:all\s+|the\s+)?(?:old\s+)?logs\b"),
    ("git_push_flows", r"\b(?:back\s?up|push(?:ing)?|commit|save|export)\s+(?:all\s+|our\s+|the\s+|my\s+)*(?:namespace\s+files\s+and\s+)?flows(?:\s+and\s+namespace\s+files)?(?:\s+of\s+[\w\s]{1,24}?namespace)?\s+(?:to|into)\s+(?:git(?:hub|lab)?|a\s+repo\w*|our\s+repo\w*)|\bpush\w*\s+(?:\w+\s+)?flows\s+to\s+git\b"),
    ("git_push_files", r"\b(?:back\s?up|push(?:ing)?|commit)\s+(?:all\s+|our\s+|the\s+|my\s+)*namespace\s+files\s+(?:to|into)\s+git\w*"),
    ("git_sync", r"\b(?:pull|sync|deploy|synchroni[sz]e|update|fetch)\s+(?:all\s+|our\s+|the\s+|my\s+)*(?:flows|namespace\s+files)(?:\s+and\s+(?:flows|namespace\s+files))?\s+from\s+(?:git\w*|a\s+repo\w*|our\s+repo\w*|the\s+repo\w*)"),
    ("git_clone", r"\bin\s+(?:our|the|my|a)\s+(?:git\s+)?repo(?:sitory)?\b|\bgit\s+repo(?:sitory)?\s+(?:url|address|link)\b|\b(?:clone|cloning|check(?:ing)?\s?out)\b(?:\s+(?:our|the|a|my|this))?(?:\s+[\w-]+)?(?:\s+(?:git\s+)?(?:repo(?:sitory)?|project))?|\b(?:project|code|scripts?)\s+(?:lives?\s+in|from|is\s+in|in)\s+git(?:hub|lab)?\b|\b(?:from|for|of)\s+(?:a\s+|our\s+|the\s+|my\s+)(?:git\s+)?repo(?:sitory)?\b(?!\s*(?:with|by|stars?))"),
    ("docker_build", r"\bbuild(?:s|ing)?\s+(?:(?:a|an|the|our)\s+)?(?:docker\s+|container\s+)?image\b|\bdocker\s+build\b|\bimage\s+build\b"),
    ("docker_push", r"\bpush(?:es)?\s+(?:it|the\s+image|image)\b|\bdocker\s+push\b|(?<=-> )push(?= ->)|(?<=→ )push(?= →)"),
    ("docker_run", r"\b(?:run|start)\s+(?:a\s+|the\s+|our\s+)?(?:docker\s+)?container\b|\bdocker\s+run\b"), ("docker_pull", r"\bdocker\s+pull\b|\bpull\s+(?:the\s+|a\s+|our\s+)?(?:docker\s+)?image\b"),
    ("cosign", r"\bcosign\b[\w\s]{0,8}"),
    ("pause", r"\bask\s+(?:\w+\s+){1,3}?(?:for\s+(?:an?\s+|the\s+|his\s+|her\s+|their\s+)?(?:approval|permission|confirmation|ok|go-?ahead)|to\s+(?:approve|confirm|sign\s+off))\b|\b(?:some(?:one|body)|a\s+human|a\s+person|the\s+\w+|we|i|\w+)\s+(?:must|has\s+to|have\s+to|needs?\s+to|should)\s+(?:\w+\s+)?(?:approve|confirm|sign\s+(?:it\s+)?off|give\s+(?:an?|the)\s+(?:ok|go))\b[^.;,]*|\b(?:we|someone|somebody|i|a\s+\w+)\s+(?:then\s+|must\s+|have\s+to\s+)?(?:reviews?|approves?|confirms?|checks?)\b[^.;,]*\bmanually\b|\bwait\s+for\s+(?:a\s+|my\s+|the\s+)?(?:thumbs|green\s+light|go\b)[\w\s]*?(?=\s+before|[.;,]|$)|\bapproval\s+(?:by|via|through|from|in|over)\b|\b(?:wait\w*|pause\w*|hold|stop)\s+(?:until|for|till)\s+(?:a\s+|an\s+|the\s+|my\s+|our\s+|some)?(?:human|person|manual|some(?:one|body)|approv\w+|review\w*|manager|boss|confirm\w*|decision|sign-?off|yes|ok\b|go-ahead|me\b|i\b|user)[\w\s,'/]*?(?=[.;,()]|$|\s+(?:and|then)\b)|\b(?:ask|needs?|require|get|with)\s+(?:for\s+)?(?:a\s+|an\s+)?(?:manual\s+|human\s+)?approval\b|\bmanual(?:ly)?\s+(?:approv\w+|confirm\w*)|\bapproval\s+(?:step|gate)\b|\bwaits?\s+for\s+(?:approve|approval)[\w\s]*|\bpause\b(?!\s*(?:of|for)?\s*\d)"),
    ("loop_until", r"\b(?:poll|check|ask|call|loop|repeat|keep\s+\w+ing|retry|wait)\b[^.;]{0,60}?\buntil\b(?!\s+(?:a\s+|an\s+|the\s+|some)?(?:human|person|someone|somebody|manager|approv|review|it'?s\s+done\.?\s+dag))[^.;,]*"),
    ("sleep", rf"\b(?:sleep(?:s|ing)?|wait(?:s|ing)?|pause)\s+(?:for\s+|only\s+|about\s+)?{_AMOUNT}\s*{_SECONDS}|\btakes\s+{_AMOUNT.replace('?P<n>', '?P<n2>')}\s*{_SECONDS.replace('?P<unit>', '?P<unit2>')}(?:\s*\(sleep\))?"),
    ("encrypt", r"\b(?:encrypt|decrypt)\w*\b"),
    ("make_image", r"\b(?:image\s+generation|(?:generate|create|make|draw)s?\s+(?:an?\s+)?(?:image|picture|logo)s?)\b(?!\s+build)"),
    ("fail", r"\ba\s+(?:task|step)\s+(?:that\s+)?fails\b|\b(?:a\s+(?:flow|task)\s+that\s+)?(?:always\s+)?fails?\s+(?:on\s+purpose|always|deliberately|intentionally)\b|\balways\s+fails\b|\bfail(?:\s+the)?(?:\s+(?:run|flow|execution|it|task))?(?:\s+with\s+(?:the\s+)?(?:message|error))?(?=\s*[\ue001\ue002]|\s+(?:if|when)\b)|\bif\s+true\s+fail\b|\b(?:let\s+(?:it|the\s+\w+)\s+fail|stop\s+(?:the\s+(?:run|flow)\s+)?with\s+an?\s+error|raise\s+an?\s+error|abort)\b|(?<=, )fail(?=[.,]|$| with)|(?<=then )fail\b|\bstop\s+on\s+(?:high|critical)[\w\s]*"),
    ("subflow_batch", r"\b(?:split|batch(?:es)?|chunks?)\b.{0,80}\bcall\b.{0,30}\bflow\b.{0,60}(?:for\s+each|per|each)\s+(?:batch|chunk)|\bsubflow\s+(?:per|for\s+(?:each|every))\s+(?:batch|chunk|row|line)"),
    ("subflow", rf"\b(?:call|start|run|trigger|execute|invoke)s?\s+(?:it|my|our|the|a|an|another)?\s*(?:existing\s+)?(?:(?:\d+|two|three|four|five|several)\s+)?(?:sub-?flows?|child(?:\s+flows?)?|(?:other\s+)?flows?)(?:\s+(?:{NAME}|[\w-]+/[\w-]+|\w+\.\w+))?(?:\s+in\s+(?:the\s+)?namespace\s+\S+)?|\bas\s+a\s+subflow\b|\bsub-?flows?\b(?!\s+for)|\balready\s+a\s+flow\s+{NAME}"),
    ("labels", r"\b(?:add|put|set|attach)\b[^.;]{0,30}\b(?:tag|label)s?\b[^.;,]{0,40}\b(?:execution|run)\b|\b(?:put|set|add|attach|give)\b[^.;]{0,30}\blabels?\b[^.;]{0,40}(?:execution|run\b|runtime)[^.;]*|\blabels?\s+(?:the|this)\s+(?:execution|run)\b[^.;]*|\btag\s+the\s+(?:execution|run)\b[^.;]*"),
    ("unzip", r"\b(?:unzip|unpack|untar|extract\s+(?:the\s+)?(?:zip|archive|tar\w*)|decompress\s+(?:the\s+)?(?:zip|archive|tar\w*))\b|\bzipped\s+(?:csv|json|files?)\b"),
    ("gunzip", r"\b(?:gunzip|decompress|uncompress|un-?gzip)\b"),
    ("zip", r"\b(?:zip|compress|gzip|archive)\s+(?:the|them|it|all|both|every|these|those|up|into)\b|\binto\s+(?:a|one)\s+(?:zip|archive|tar)\b|\bas\s+(?:a\s+)?(?:zip|gzip|tar\.gz)\b"),
    ("to_excel", r"(?:→|->|=>)\s+(?:an?\s+)?(?:excel|xlsx)(?:\s+(?:file|sheet|workbook))?\b|\b(?:to|as|into|in|an?|1|one|make|export|create)\s+(?:an?\s+|1\s+|one\s+)?(?:excel|xlsx)(?:\s+(?:file|sheet|workbook))?\b"),
    ("to_parquet", r"(?:\b(?:to|as|into|in)|→|->)\s+(?:a\s+)?parquet\b|\b(?:give\s+me|gives?\s+back|make|want|produce|write|save\s+as|export|as)\s+(?:it\s+(?:as\s+)?|them\s+(?:as\s+)?|me\s+)?(?:an?\s+|the\s+)?parquet\b(?!\s*(?:files?\s+(?:in|from|over|on)|api|from|url|http|body|request))|\ban?\s+parquet\s+(?:file\s+)?out\s+of\b"), ("to_avro", r"\b(?:to|as|into|in)\s+(?:an?\s+)?avro\b"), ("to_xml", r"\b(?:to|as|into)\s+(?:an?\s+)?xml\b|\banswers?\s+with\s+xml\b"),
    ("to_json", r"(?:→|->|=>)\s+(?:a\s+)?json(?:l|\s+lines)?(?:\s+file)?\b(?!\s*(?:api|body))|\b(?:to|as|into)\s+(?:a\s+)?(?:jsonl?|json\s+lines|ndjson)(?:\s+file)?\b(?!\s*(?:\{|body|following|payload))|\b(?:give\s+me|gives?\s+back|make|want|produce|write|save\s+as|export|as)\s+(?:it\s+(?:as\s+)?|them\s+(?:as\s+)?|me\s+)?(?:an?\s+|the\s+)?json\b(?!\s*(?:files?\s+(?:in|from|over|on)|api|from|url|http|body|request))|\ban?\s+json\s+(?:file\s+)?out\s+of\b"), ("to_yaml", r"\b(?:to|as|into)\s+(?:a\s+)?yaml\b"),
    ("to_csv", r"(?:→|->|=>)\s+(?:a\s+)?csv(?:\s+file)?\b(?!\s+(?:from|in|on))|\b(?:to|as|into|in|back\s+(?:as|to)|nach|als)\s+(?:an?\s+|one\s+)?csv(?:\s+(?:file|attachment))?\b(?!\s*(?:files\s+in|from))|\b(?:give\s+me|gives?\s+back|make|want|produce|write|save\s+as|export|as)\s+(?:it\s+(?:as\s+)?|them\s+(?:as\s+)?|me\s+)?(?:an?\s+|the\s+)?csv\b(?!\s*(?:files?\s+(?:in|from|over|on)|api|from|url|http|body|request))|\ban?\s+csv\s+(?:file\s+)?out\s+of\b"),
    ("to_html", r"\bmarkdown\s+to\s+html\b|\b(?:render|convert)\s+(?:the\s+)?markdown\b"),
    ("python", r"\bpandas\b|\bpython\b(?:\s+(?:script|code|task|function))?|\bpolars\b|\bnumpy\b|\bscikit\w*"), ("python_file", r"\b(?:run\s+)?(?:the\s+|a\s+)?(?:[\w]+\s+)?scripts?\s+(?P<file>[\w/]+\.py)\b|\b(?P<file2>[\w/]+\.py)\b"),
    ("node", r"\bnode(?:\.?js)?\b|\bjavascript\b|\btypescript\b"), ("powershell", r"\bpowershell\b"), ("rscript", r"\br\s+script\b|\bin\s+r\b(?=\s|[,.]|$)"), ("julia", r"\bjulia\b"), ("ruby", r"\bruby\b"), ("perl", r"\bperl\b"), ("golang", r"\bgo\s+(?:script|program\w*|code)\b|\bgolang\b(?:\s+(?:script|program\w*|code))?"), ("php", r"\bphp\b"),
    ("shell", r"\b(?:pytest|meltano|npm|yarn|make\s+(?:build|test|all|install|deploy)|mvn|maven|gradle|rsync|tox)\b|\bshell\b(?:\s+(?:script|task|command)s?)?|\bbash\b(?:\s+(?:script|command)s?)?|\bcommand\s+line\b|\bcurl\b|\bdeploy\s+script\b|\bsh\s+script\b|\bgit\s+log\b|\brunbook\s+script\b"),
    ("write_file", r"\b(?:write|create|generate|make|save|store)\s+(?:an?\s+|the\s+)?(?:\w+\s+)?file\s+(?:called\s+|named\s+)?(?:[\w-]+\.\w{1,5}|[\ue001\ue002]+)\s+(?:containing|with|that\s+says)\b|\b(?:write|put|save|store)\s+(?:the\s+)?(?:text|line|content|words?)\s+[\ue001\ue002]+\s+(?:in)?to\s+a\s+(?:new\s+)?(?:text\s+)?file\b|\b(?:generate|write|create|make|produce)\s+(?:a\s+|one\s+)?(?:small\s+|new\s+)?(?:text|txt|report|markdown)\s+file\b(?:\s+(?:with|containing|that\s+says)\s+(?:the\s+)?(?:line|text|content)?)?"),
    ("kv_delete", rf"\b(?:delete|remove|drop)\s+(?:the\s+)?kv\s+(?:key|entry|value)\b|\b(?:delete|remove)\s+(?:the\s+)?key\s+{NAME}\s+(?:from|in)\s+(?:the\s+)?kv"),
    ("kv_list", r"\b(?:list|show|get)\s+(?:all\s+)?(?:the\s+)?keys\b[^.;]{0,20}\bkv\b"),
    ("assert", r"\bassert\b|\bmake\s+sure\s+(?:that\s+)?(?:the\s+)?input\b|\bcheck\s+that\s+(?:the\s+)?input\b"),
    ("split_file", r"\bsplit\b[^.;]{0,60}\b(?:chunks?|parts?|batches|pieces)\b(?:\s+of\s+\d+\s+\w+)?"),
    ("reverse_file", r"\breverse\s+(?:the\s+)?(?:lines|file|order)\b"),
    ("concat_files", r"\b(?:concat\w*|merge|join|combine)\b[^.;]{0,80}\binto\s+(?:one|a\s+single)\s+file\b"),
    ("kv_set", rf"\b(?:guarda\w*|speicher\w*|schreib\w*|enregistre\w*|save|store|set|put|write|remember|keep|persist|update|add|adds|increase\w*|increment\w*|count\w*)\b[^.;]{{0,150}}?\b(?:kv|key[\s-]value)(?:\s+(?:store|key|entry|pair|value))?\b(?:\s+{NAME})?|\bset\s+(?:the\s+)?kv\b|\bremember\s+(?:the\s+)?(?:last|previous)\s+\w+"),
    ("kv_get", rf"\b(?:read|get|look\s+up|fetch|load)\b[^.;]{{0,40}}?\b(?:kv|key[\s-]value)(?:\s+(?:store|key|entry|pair|value))?\b(?:\s+{NAME})?|\bread\s+it\s+back\b|\b(?:log|show|print)\s+the\s+kv\s+value\b(?:\s+{NAME})?|\bkv\s+value\s+{NAME}"),
    ("http_check", r"\b(?:check|monitor|ping|probe|test)\w*\s+(?:that\s+|if\s+|whether\s+)?(?:our\s+|the\s+|my\s+|a\s+|\d+\s+|\w+\s+)?(?:web\s?sites?|sites?|web\s?pages?|urls?|endpoints?|uris?)\b|\bhealth[\s-]?check\b|\bsmoke\s+test\b|\bcheck\s+(?:that\s+)?it\s+is\s+healthy\b"),
    ("http_call", r"\b(?:call|ask|hit|request|query|post\s+(?:it\s+)?to|send\s+(?:it\s+)?to|get|from)\s+(?:an?\s+|the\s+|our\s+|my\s+|two\s+|three\s+|some\s+|\d+\s+)?(?:[\w-]+\s+){0,2}(?:rest\s+|http\s+|json\s+|web\s+)?(?:api|endpoint|apis)\b|\bvia\s+(?:rest|http|its\s+api|the\s+api)\b|\bover\s+(?:their|the|its)\s+rest\s+api\b|\bthrough\s+its\s+api\b|^\W*(?:an?\s+|the\s+|our\s+)?(?:rest|http|json)\s+api\b(?=\s*(?:->|→|=>|to\b|,))|\b(?:to|via|through|with|using|from)\s+(?:the\s+|their\s+|our\s+)?[\w-]+\s+(?:rest\s+)?api\b|\bvia\s+api\b|\b(?:measure|time|test|monitor)\b[^.;]{0,24}\b(?:api|endpoint)\b|\bhttp\s+(?:request|post|get|put)\b|\bgraphql\s+query\b|\brss\s+feeds?\b|\b(?:query|ask|call|get|fetch|update|notify|push\s+to|from|in|to)\s+(?:the\s+|our\s+)?(?:prometheus|grafana|wordpress|home\s?assistant|openweather\w*|coingecko|mailgun|mailchimp|intercom|freshdesk|asana|clickup|pushover|ntfy|strapi|confluence\s+api)\b|\bpost\s+the\s+\w+\s+back\b"),
    ("download", rf"\b(?:download|fetch|pull|grab|get|take|read|load|lade|descarga|t[ée]l[ée]charge)(?:s|ed|ing)?\b(?=[^.;]{{0,50}}?(?:{URL}|\b(?:urls?|http|https|web|internet|website|{_FILE_WORDS})\b))|\bdownload(?:s|ed|ing)?\b|\b(?:from|of)\s+an?\s+(?:csv|json|zip|parquet|xml|excel)\s+ur[li]\b|\b(?:csv|json|zip|pdf|parquet|xml|file|files|document|article|web\s+page|excel)s?(?:\s+file)?\s+(?:from|over|by|on|via|at)\s+(?:an?\s+|the\s+|our\s+)?(?:https?(?:\s+api)?|rest\s+api|api|urls?|web|internet|web\s?site)\b|\bturn\s+a\s+web\s+page\b|\barticle\s+by\s+url\b|\bi\s+have\s+a\s+json\s+api\b|\blist\s+of\s+csv\s+urls\b"),
    ("http_url", rf"{URL}+"),
    ("log", r"(?<!git )\blog(?:s|ge|ged|gen|ging)?\b(?!\s*(?:file|level|in\b(?!\s+the\s+next)|into|stream|analytics|shipper|of\s+the\s+last))|\bprints?\b|\blog\s+(?:line|message|entry)\b|\btells?\s+me\b(?!\s+(?:on|in|via|by)\b)|\bshow\s+me\b|\b(?:escribe|schreib\w*|écri\w+)\b|\bin\s+(?:the|das|dem|el|le)\s+logs?\b|\baffiche[rz]?\b|\bmuestra\b|\bzeige?\b|\bim\s+(?:log|protokoll)\b|\bdans\s+le\s+journal\b|\ben\s+el\s+(?:log|registro)\b|\bhello\s+world\b|\bsay(?:s)?\s+(?:hello|goodbye|hi)\b"),
    ("return", r"\b(?:returns?|gives?\s+back)\s+(?:a\s+|the\s+)?(?:text|value|string|message)\b|\bgenerate\s+some\s+output\b|\bpass\s+data\b"),
    ("compute", r"\b(?:nombre\s+de\s+lignes|combien\s+de|cuánt[ao]s|número\s+de\s+(?:filas|líneas)|wie\s+viele|anzahl\s+der|count|how\s+many|number\s+of|rows?\s+count|average|mean|avg|totals?|sum(?:s|med)?|revenue|profit|most\s+expensive|cheapest|highest|lowest|largest|smallest|biggest|top\s+\d+|filter|sort(?:ed|s)?|join|group(?:ed)?(?:\s+by)?|aggregate|deduplicate|dedupe|distinct|merge\s+them|works?\s+out|keep\s+(?:only\s+)?(?:the\s+)?\w+\s+(?:over|above|under|below|with|where)|per\s+(?:country|region|product|day|customer|month|category|brand))\b"),
    ("table", r"\bcreate\s+(?:a\s+|the\s+)?(?:table\s*)?(?:[\ue001\ue002]+\s*)?table\b|\bcreate\s+(?:a\s+)?table\b|\bmake\s+a\s+(?:small\s+)?table\b"),
    ("namespace_files", r"\bnamespace\s+files?\b"), ("metric", r"\bpublish\s+(?:a\s+)?metrics?\b"),
    ("generic_run", r"\b(?:run|execute)\s+(?:the\s+|our\s+|my\s+)?(?:runbook|etl|pipeline|job|workflow)\b"),
)  # fmt: skip


@lru_cache(maxsize=1)
def _action_patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((what, re.compile(pattern)) for what, pattern in ACTIONS)


@lru_cache(maxsize=1)
def _service_patterns() -> tuple[tuple[Service, re.Pattern[str]], ...]:
    out = []
    for service in SERVICES:
        pattern = service.pattern if service.pattern.startswith(("\\b", "(?<")) else rf"(?<![\w-])(?:{service.pattern})"
        out.append((service, re.compile(pattern)))
    return tuple(out)


def find_mentions(text: Text, clauses: tuple[Clause, ...], types: Types) -> list[Mention]:
    """Every mention in order of place; services before actions at the same place."""
    found = _services(text, clauses)
    found += _families(text, clauses, types, found)
    for what, pattern in _action_patterns():
        for match in pattern.finditer(text.masked):
            args = {k.rstrip("2"): v for k, v in match.groupdict().items() if v}
            found.append(Mention(match.start(), match.end(), what, _clause_of(clauses, match.start()), None, args))
    return sorted(_without_overlaps(found), key=lambda m: (m.start, m.end))


def _services(text: Text, clauses: tuple[Clause, ...]) -> list[Mention]:
    found: list[Mention] = []
    for service, pattern in _service_patterns():
        for match in pattern.finditer(text.masked):
            found.append(Mention(match.start(), match.end(), "service", _clause_of(clauses, match.start()), service))
    for literal in text.literals:
        scheme = literal.value.split("://")[0].lower() if literal.kind == URL else ""
        store = next((s for s in SERVICES if s.key == _SCHEMES.get(scheme)), None)
        clause = _clause_of(clauses, literal.start)
        if store and not any(m.service is store and m.clause == clause for m in found):
            found.append(Mention(literal.start, literal.end, "service", clause, store))
    return _longest(found)


_SCHEMES = {"s3": "s3", "gs": "gcs", "sftp": "sftp", "ftp": "ftp"}


def _families(text: Text, clauses: tuple[Clause, ...], types: Types, taken: Iterable[Mention]) -> list[Mention]:
    """Plugins of the catalog that no row of the services table names."""
    known = [(m.start, m.end) for m in taken]
    found = []
    for named in types.plugins.named_in(text.masked):
        if any(s < named.end and named.start < e for s, e in known):
            continue
        service = Service(slug(named.word), named.word, "saas", {}, named.word, named.package)
        found.append(Mention(named.start, named.end, "service", _clause_of(clauses, named.start), service))
    return found


def _longest(found: list[Mention]) -> list[Mention]:
    kept: list[Mention] = []
    for one in sorted(found, key=lambda m: (m.start - m.end, m.start)):
        if not any(one.start < k.end and k.start < one.end for k in kept):
            kept.append(one)
    return kept


_SOFT = frozenset(
    {"compute", "http_url", "log", "python", "return", "generic_run", "kv_set", "kv_get", "download", "namespace_files"}
)


def _without_overlaps(found: list[Mention]) -> list[Mention]:
    """Actions inside a longer action say the same thing; a service inside an action is kept beside it."""
    services = [m for m in found if m.service]
    actions = _longest([m for m in found if not m.service and m.what not in _SOFT])
    for one in (m for m in found if not m.service and m.what in _SOFT):
        if not any(
            one.start >= a.start and one.end <= a.end and a.what != "http_check" for a in actions if a.what not in _SOFT
        ) and not any(a.what == one.what and a.start == one.start for a in actions):
            actions.append(one)
    return services + actions


def _clause_of(clauses: tuple[Clause, ...], position: int) -> int:
    index = 0
    for number, clause in enumerate(clauses):
        if clause.start <= position:
            index = number
    return index


LITERALS = (URL, QUOTED, CODE, JDBC)
