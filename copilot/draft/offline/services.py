"""The services people name, and which type does what for each: one row a service.

Types are written without ``io.kestra.plugin.``; several candidates stand in order of preference, the first that
exists in the target version is taken. What is not in this table is looked for in the catalog itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field

PREFIX = "io.kestra.plugin."


@dataclass(frozen=True, slots=True)
class Service:
    """``kind`` decides how words near the name are read; ``roles`` map an action to candidate types."""

    key: str
    pattern: str
    kind: str
    roles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    title: str = ""
    package: str = ""
    """The catalog package its types are in, where the roles do not say it."""


def _service(key: str, pattern: str, kind: str, package: str = "", **roles: str) -> Service:
    return Service(key, pattern, kind, {name: tuple(value.split()) for name, value in roles.items()}, key, package)


def _sql(key: str, pattern: str, package: str = "", **more: str) -> Service:
    base = f"jdbc.{package or key}"
    roles = {"read": f"{base}.Query", "run": f"{base}.Queries {base}.Query", "trigger": f"{base}.Trigger"}
    return _service(key, pattern, "sql", **(roles | {"write": f"{base}.Batch {base}.Queries"} | more))


def _store(key: str, pattern: str, package: str, **more: str) -> Service:
    verbs = {"read": "Download", "many": "Downloads", "write": "Upload", "list": "List", "delete": "Delete",
             "copy": "Copy", "trigger": "Trigger"}  # fmt: skip
    where = more.pop("within", "")
    return _service(key, pattern, "store", where, **({r: f"{package}.{v}" for r, v in verbs.items()} | more))


def _queue(key: str, pattern: str, package: str, send: str = "Produce", **more: str) -> Service:
    roles = {"read": f"{package}.Consume", "write": f"{package}.{send}", "trigger": f"{package}.Trigger",
             "realtime": f"{package}.RealtimeTrigger"}  # fmt: skip
    return _service(key, pattern, "queue", **(roles | more))


def _chat(key: str, pattern: str, notify: str, execution: str = "") -> Service:
    return _service(key, pattern, "notify", notify=notify, execution=execution or notify)


def _llm(key: str, pattern: str, chat: str, provider: str) -> Service:
    return _service(key, pattern, "llm", run=chat, provider=f"ai.provider.{provider}")


SERVICES: tuple[Service, ...] = (
    _sql("postgres", r"postgres(?:ql)?|\bpg\b|postgre\b", "postgresql", copy_in="jdbc.postgresql.CopyIn", copy_out="jdbc.postgresql.CopyOut", write="jdbc.postgresql.CopyIn"),
    _sql("mysql", r"my\s?sql"), _sql("mariadb", r"maria\s?db"), _sql("sqlite", r"sq[l]?lite3?", write="jdbc.sqlite.Queries jdbc.sqlite.Query"),
    _sql("duckdb", r"duck\s?db", write="jdbc.duckdb.Queries jdbc.duckdb.Query"), _sql("oracle", r"oracle"),
    _sql("sqlserver", r"sql\s?server|mssql|ms\s?sql|t-sql"), _sql("snowflake", r"snowflake", write="jdbc.snowflake.Query", upload="jdbc.snowflake.Upload", download="jdbc.snowflake.Download"),
    _sql("redshift", r"redshift", write="jdbc.redshift.Query"), _sql("clickhouse", r"click\s?house", write="jdbc.clickhouse.BulkInsert"),
    _sql("hana", r"(?:sap\s+)?hana\b", write="jdbc.hana.Query"), _sql("db2", r"\bdb2\b", write="jdbc.db2.Query"), _sql("trino", r"\btrino\b|\bpresto\b", write="jdbc.trino.Query"),
    _sql("dremio", r"dremio", write="jdbc.dremio.Query"), _sql("druid", r"(?:apache\s+)?druid", write="jdbc.druid.Query"), _sql("pinot", r"(?:apache\s+)?pinot", write="jdbc.pinot.Query"),
    _sql("vertica", r"vertica"), _sql("vectorwise", r"vectorwise|actian\s+vector", write="jdbc.vectorwise.Query"), _sql("sybase", r"sybase"), _sql("as400", r"as/?400", write="jdbc.as400.Query"),
    _sql("access", r"(?:ms|microsoft)\s+access"), _sql("arrowflight", r"arrow\s+flight", write="jdbc.arrowflight.Query"),
    _service("motherduck", r"mother\s?duck", "sql", read="jdbc.duckdb.Query", run="jdbc.duckdb.Queries", write="jdbc.duckdb.Query"),
    _service("bigquery", r"big\s?query|\bbq\b", "sql", read="gcp.bigquery.Query", run="gcp.bigquery.Query", write="gcp.bigquery.Load gcp.bigquery.LoadFromGcs", from_gcs="gcp.bigquery.LoadFromGcs", to_gcs="gcp.bigquery.ExtractToGcs", create_dataset="gcp.bigquery.CreateDataset", create_table="gcp.bigquery.CreateTable", trigger="gcp.bigquery.Trigger", copy="gcp.bigquery.Copy"),
    _service("athena", r"athena", "sql", read="aws.athena.Query", run="aws.athena.Query", write="aws.athena.Query"),
    _service("databricks_sql", r"databricks\s+sql", "sql", read="databricks.sql.Query", run="databricks.sql.Query", write="databricks.sql.Query"),
    _service("databricks", r"databricks", "saas", run="databricks.job.CreateJob databricks.job.SubmitRun", create_cluster="databricks.cluster.CreateCluster", delete_cluster="databricks.cluster.DeleteCluster", submit="databricks.job.SubmitRun"),
    _service("mongodb", r"mongo\s?(?:db)?", "nosql", read="mongodb.Find", write="mongodb.Load mongodb.Bulk", one="mongodb.InsertOne", aggregate="mongodb.Aggregate", delete="mongodb.Delete", update="mongodb.Update", trigger="mongodb.Trigger"),
    _service("elasticsearch", r"elastic\s?(?:search)?\b", "nosql", read="elasticsearch.Search", write="elasticsearch.Load elasticsearch.Bulk", one="elasticsearch.Put"),
    _service("opensearch", r"open\s?search", "nosql", read="opensearch.Search", write="opensearch.Load", one="opensearch.Put"),
    _service("cassandra", r"cassandra", "nosql", read="cassandra.standard.Query", write="cassandra.standard.Query", trigger="cassandra.standard.Trigger"),
    _service("neo4j", r"neo4j", "nosql", read="neo4j.Query", write="neo4j.Batch"),
    _service("couchbase", r"couch\s?base|n1ql", "nosql", read="couchbase.Query", write="couchbase.Query", trigger="couchbase.Trigger"),
    _service("surrealdb", r"surreal\s?db", "nosql", read="surrealdb.Query", write="surrealdb.Query", trigger="surrealdb.Trigger"),
    _service("influxdb", r"influx\s?(?:db)?", "nosql", read="influxdb.FluxQuery", write="influxdb.Load influxdb.Write", trigger="influxdb.FluxTrigger"),
    _service("dynamodb", r"dynamo\s?(?:db)?", "nosql", read="aws.dynamodb.Query aws.dynamodb.GetItem", one="aws.dynamodb.GetItem", write="aws.dynamodb.PutItem", scan="aws.dynamodb.Scan", delete="aws.dynamodb.DeleteItem"),
    _service("firestore", r"firestore", "nosql", read="gcp.firestore.Query", write="gcp.firestore.Set", one="gcp.firestore.Get", delete="gcp.firestore.Delete"),
    _service("cosmosdb", r"cosmos\s?(?:db)?", "nosql", read="azure.storage.cosmosdb.Queries", write="azure.storage.cosmosdb.CreateItem"),
    _service("weaviate", r"weaviate", "nosql", read="weaviate.Query", write="weaviate.BatchCreate", schema="weaviate.SchemaCreate", delete="weaviate.Delete"),
    _service("pinecone", r"pinecone", "nosql", read="pinecone.Query", write="pinecone.Upsert"),
    _service("redis", r"redis\b", "nosql", read="redis.string.Get", write="redis.string.Set", delete="redis.string.Delete", publish="redis.pubsub.Publish", push="redis.list.ListPush", pop="redis.list.ListPop", trigger="redis.list.Trigger", realtime="redis.list.RealtimeTrigger", increment="redis.string.Increment"),
    _service("typesense", r"typesense", "nosql", read="typesense.Search", write="typesense.BulkIndex", one="typesense.DocumentIndex"),
    _service("meilisearch", r"meili\s?search", "nosql", read="meilisearch.Search", write="meilisearch.DocumentAdd"),
    _service("algolia", r"algolia", "nosql", read="algolia.Search", write="algolia.Index", delete="algolia.Delete"),
    _store("s3", r"(?:(?:aws|amazon)\s+)?\bs3\b", "aws.s3", delete_many="aws.s3.DeleteList"),
    _store("gcs", r"\bgcs\b|google\s+cloud\s+storage|gcp\s+bucket", "gcp.gcs", create_bucket="gcp.gcs.CreateBucket", delete_many="gcp.gcs.DeleteList"),
    _store("azure_blob", r"azure\s+(?:blob(?:\s+storage)?|storage)|\bblob\s+storage|\bblob\b", "azure.storage.blob"),
    _store("adls", r"\badls\b|data\s?lake\s+(?:storage|gen)", "azure.storage.adls", read="azure.storage.adls.Read"), _store("minio", r"min\s?io", "minio"),
    _store("sftp", r"\bsftp\b", "fs.sftp"), _store("ftps", r"\bftps\b", "fs.ftps"), _store("ftp", r"\bftp\b", "fs.ftp"), _store("smb", r"\bsmb\b|\bsamba\b|windows\s+share", "fs.smb"),
    _store("onelake", r"one\s?lake|fabric\s+lakehouse|(?:microsoft\s+)?fabric\b", "microsoft.fabric.onelake", within="microsoft.fabric"), _store("dropbox", r"dropbox", "dropbox.files"), _store("obs", r"\bhuawei(?:\s+obs)?\b", "huawei.obs"),
    _store("drive", r"google\s+drive", "googleworkspace.drive"), _store("sharepoint", r"share\s?point", "microsoft365.sharepoint"), _store("onedrive", r"one\s?drive", "microsoft365.oneshare"),
    _store("dbfs", r"\bdbfs\b", "databricks.dbfs"), _store("local", r"local\s+(?:folder|directory|disk|path|file\s?system)", "fs.local"), _store("nfs", r"\bnfs\b", "fs.nfs"),
    _queue("kafka", r"(?:apache\s+)?kafka", "kafka"), _queue("pulsar", r"pulsar", "pulsar"), _queue("amqp", r"amqp|rabbit\s?mq", "amqp", "Publish"), _queue("mqtt", r"mqtt", "mqtt", "Publish", read="mqtt.Subscribe"),
    _queue("nats", r"\bnats\b", "nats.core"), _queue("pubsub", r"pub\s?/?\s?sub", "gcp.pubsub", "Publish"), _queue("sqs", r"\bsqs\b", "aws.sqs", "Publish"), _queue("kinesis", r"kinesis", "aws.kinesis", "PutRecords"),
    _queue("eventhubs", r"event\s?hubs?", "azure.eventhubs"), _queue("servicebus", r"service\s?bus", "azure.servicebus", "Publish", realtime="azure.servicebus.RealTimeTrigger"), _queue("jms", r"\bjms\b|active\s?mq", "jms"), _queue("solace", r"solace", "solace"),
    _service("debezium", r"debezium|\bcdc\b|change\s+data\s+capture", "queue", read="debezium.postgres.Capture", trigger="debezium.postgres.Trigger", realtime="debezium.postgres.RealtimeTrigger"),
    _service("sns", r"\bsns\b", "saas", write="aws.sns.Publish", run="aws.sns.Publish"),
    _service("eventbridge", r"event\s?bridge", "saas", write="aws.eventbridge.PutEvents", run="aws.eventbridge.PutEvents"),
    _service("sheets", r"google\s+(?:spread)?sheets?|\bg\s?sheets?\b|spreadsheet", "store", read="googleworkspace.sheets.Read googleworkspace.sheets.ReadRange", write="googleworkspace.sheets.Load", trigger="googleworkspace.sheets.SheetModifiedTrigger", create="googleworkspace.sheets.CreateSpreadsheet"),
    _service("calendar", r"google\s+calendar|\bcalendar\b|g\s?cal\b", "saas", write="googleworkspace.calendar.InsertEvent", run="googleworkspace.calendar.InsertEvent", read="googleworkspace.calendar.ListEvents"),
    _service("airtable", r"airtable", "nosql", read="airtable.records.List", write="airtable.records.Create", update="airtable.records.Update"),
    _chat("slack", r"slack", "slack.notifications.SlackIncomingWebhook notifications.slack.SlackIncomingWebhook slack.SlackIncomingWebhook", "slack.notifications.SlackExecution notifications.slack.SlackExecution slack.SlackExecution"),
    _chat("teams", r"(?:ms\s+|microsoft\s+)?\bteams\b(?!\s+(?:lead|member))", "microsoft365.teams.TeamsIncomingWebhook notifications.teams.TeamsIncomingWebhook", "microsoft365.teams.TeamsExecution notifications.teams.TeamsExecution"),
    _chat("discord", r"discord", "discord.DiscordIncomingWebhook notifications.discord.DiscordIncomingWebhook", "discord.DiscordExecution notifications.discord.DiscordExecution"),
    _chat("telegram", r"telegram", "telegram.TelegramSend notifications.telegram.TelegramSend", "telegram.TelegramExecution notifications.telegram.TelegramExecution"),
    _chat("googlechat", r"google\s*chat|gchat", "googleworkspace.chat.GoogleChatIncomingWebhook notifications.google.GoogleChatIncomingWebhook", "googleworkspace.chat.GoogleChatExecution notifications.google.GoogleChatExecution"),
    _chat("pagerduty", r"pager\s?duty|\bpage\s+(?:the\s+)?on-?call|on-?call\s+person", "pagerduty.PagerDutyAlert notifications.pagerduty.PagerDutyAlert", "pagerduty.PagerDutyExecution notifications.pagerduty.PagerDutyExecution"),
    _chat("opsgenie", r"ops\s?genie", "opsgenie.OpsgenieAlert notifications.opsgenie.OpsgenieAlert", "opsgenie.OpsgenieExecution notifications.opsgenie.OpsgenieExecution"),
    _chat("sentry", r"sentry", "sentry.SentryAlert notifications.sentry.SentryAlert", "sentry.SentryExecution notifications.sentry.SentryExecution"),
    _chat("zulip", r"zulip", "zulip.ZulipIncomingWebhook notifications.zulip.ZulipIncomingWebhook", "zulip.ZulipExecution notifications.zulip.ZulipExecution"),
    _chat("zenduty", r"zenduty", "zenduty.ZendutyAlert notifications.zenduty.ZendutyAlert", "zenduty.ZendutyExecution notifications.zenduty.ZendutyExecution"),
    _chat("squadcast", r"squadcast", "squadcast.SquadcastIncomingWebhook notifications.squadcast.SquadcastIncomingWebhook"),
    _chat("whatsapp", r"whats\s?app", "meta.whatsapp.WhatsAppIncomingWebhook notifications.whatsapp.WhatsAppIncomingWebhook", "meta.whatsapp.WhatsAppExecution notifications.whatsapp.WhatsAppExecution"),
    _chat("line", r"\bline\s+(?:message|app|chat|messenger)", "line.LineExecution notifications.line.LineExecution"),
    _chat("x", r"\btwitter\b|\btweet\b", "x.XExecution notifications.x.XExecution"),
    _chat("twilio", r"twilio|\bsms\b", "twilio.notify.sms.Send twilio.notify.TwilioAlert notifications.twilio.TwilioAlert", "twilio.notify.TwilioExecution notifications.twilio.TwilioExecution"),
    _chat("sendgrid", r"send\s?grid", "twilio.sendgrid.SendGridMailSend notifications.sendgrid.SendGridMailSend", "twilio.sendgrid.SendGridMailExecution notifications.sendgrid.SendGridMailExecution"),
    _chat("resend", r"\bresend\b(?=\s+(?:api|email|mail))|\bvia resend\b", "resend.email.Send"),
    _chat("outlook", r"outlook", "microsoft365.outlook.Send"),
    _chat("mail", r"(?<![\w-])e-?mails?\b|\bmail(?:ed|s|ing)?\b|\bsmtp\b|\bcorreo\b|\bcourriel\b|\be-mails?\b", "email.MailSend notifications.mail.MailSend", "email.MailExecution notifications.mail.MailExecution"),
    _llm("openai", r"open\s?ai|\bchat\s?gpt\b|\bgpt(?:-?[\w.]+)*\b(?:-mini)?", "openai.ChatCompletion ai.completion.ChatCompletion", "OpenAI"),
    _llm("gemini", r"gemini", "ai.completion.ChatCompletion gemini.ChatCompletion gemini.StructuredOutputCompletion", "GoogleGemini"),
    _llm("vertex", r"vertex(?:\s?ai)?", "gcp.vertexai.ChatCompletion ai.completion.ChatCompletion", "GoogleVertexAI"),
    _llm("anthropic", r"anthropic|claude", "anthropic.ChatCompletion ai.completion.ChatCompletion", "Anthropic"),
    _llm("mistral", r"mistral", "mistral.ChatCompletion ai.completion.ChatCompletion", "MistralAI"), _llm("deepseek", r"deep\s?seek", "deepseek.ChatCompletion ai.completion.ChatCompletion", "DeepSeek"),
    _llm("perplexity", r"perplexity", "perplexity.ChatCompletion ai.completion.ChatCompletion", "OpenAI"), _llm("ollama", r"ollama", "ai.completion.ChatCompletion ollama.cli.OllamaCLI", "Ollama"),
    _llm("bedrock", r"bedrock", "aws.bedrock.Converse ai.completion.ChatCompletion", "AmazonBedrock"), _llm("huggingface", r"hugging\s?face\s+(?:inference|model)", "huggingface.Inference", "HuggingFace"),
    _llm("llm", r"\ban?\s+(?:ai|llm)\b(?!\s+agent)|\bthe\s+(?:ai|llm)\b|\bllm\b", "ai.completion.ChatCompletion", "GoogleGemini"),
    _service("agent", r"ai\s+agent", "agent", run="ai.agent.AIAgent"),
    _service("airbyte_cloud", r"airbyte\s+cloud", "saas", run="airbyte.cloud.jobs.Sync"), _service("airbyte", r"airbyte", "saas", run="airbyte.connections.Sync"),
    _service("fivetran", r"fivetran", "saas", run="fivetran.connectors.Sync"), _service("hightouch", r"hightouch", "saas", run="hightouch.Sync"),
    _service("dbt_cloud", r"dbt\s+cloud", "saas", run="dbt.cloud.TriggerRun"), _service("dbt", r"\bdbt\b", "tool", run="dbt.cli.DbtCLI dbt.cli.Build"),
    _service("sqlmesh", r"sql\s?mesh", "tool", run="sqlmesh.cli.SQLMeshCLI"), _service("soda", r"\bsoda\b", "tool", run="soda.Scan"), _service("dlt", r"\bdlt\b", "tool", run="scripts.python.Script"),
    _service("terraform", r"terraform", "tool", run="terraform.cli.TerraformCLI"), _service("ansible", r"ansible", "tool", run="ansible.cli.AnsibleCLI"), _service("trivy", r"trivy", "tool", run="trivy.cli.TrivyCLI"),
    _service("glue", r"(?:aws\s+)?\bglue\b", "saas", run="aws.glue.StartJobRun"), _service("lambda", r"\blambdas?\b", "saas", run="aws.lambda.Invoke", write="aws.lambda.Invoke"),
    _service("emr", r"\bemr\b", "saas", run="aws.emr.CreateClusterAndSubmitSteps"), _service("ecr", r"\becr\b", "saas", run="aws.ecr.GetAuthToken", write="aws.ecr.GetAuthToken"),
    _service("artifact_registry", r"artifact\s+registry|\bgar\b|\bgcr\b", "tool", run="gcp.auth.OauthAccessToken"),
    _service("dataproc", r"data\s?proc", "saas", "gcp.dataproc", run="gcp.dataproc.batches.PySparkSubmit"), _service("spark", r"\bspark\b(?!sql)|pyspark", "tool", run="spark.PythonSubmit"),
    _service("airflow", r"airflow", "saas", run="airflow.dags.TriggerDagRun"), _service("prefect", r"prefect", "saas", run="prefect.CreateFlowRun"), _service("dagster", r"dagster", "saas", run="dagster.TriggerRun"),
    _service("zapier", r"zapier|\bzap\b", "saas", run="zapier.TriggerZap core.http.Request", write="zapier.TriggerZap core.http.Request"), _service("n8n", r"\bn8n\b", "saas", run="n8n.webhook.TriggerWorkflow"),
    _service("jenkins", r"jenkins", "saas", run="jenkins.JobBuild"), _service("powerbi", r"power\s?bi", "saas", run="powerbi.RefreshGroupDataset", write="powerbi.RefreshGroupDataset"),
    _service("kubernetes", r"kubernetes|\bk8s\b|kubectl|\bmanifests?\b", "tool", run="kubernetes.core.PodCreate kubernetes.PodCreate", apply="kubernetes.kubectl.Apply", restart="kubernetes.kubectl.Restart", patch="kubernetes.kubectl.Patch", delete="kubernetes.kubectl.Delete"),
    _service("argocd", r"argo\s?cd", "saas", run="argocd.apps.Sync", status="argocd.apps.Status"), _service("servicenow", r"service\s?now", "saas", write="servicenow.Post", create="servicenow.Post", update="servicenow.Update", read="servicenow.Get"),
    _service("jira", r"\bjira\b", "saas", write="jira.issues.Create", create="jira.issues.Create", comment="jira.issues.CreateComment", update="jira.issues.UpdateFields"),
    _service("salesforce", r"salesforce|\bsoql\b", "saas", read="ee.salesforce.SoqlQuery salesforce.SoqlQuery", run="ee.salesforce.SoqlQuery salesforce.SoqlQuery", write="ee.salesforce.Create salesforce.Create"),
    _service("odoo", r"\bodoo\b", "saas", read="odoo.Query", run="odoo.Query", write="odoo.Query"),
    _service("graphql", r"graph\s?ql", "saas", run="graphql.Request", read="graphql.Request"), _service("tika", r"\btika\b|\bextract(?:s|ed)?\s+(?:the\s+|its\s+|all\s+)?text\b|\btext\s+(?:out\s+)?(?:of|from)\s+(?:the\s+|an?\s+)?pdfs?\b", "tool", run="tika.Parse"),
    _service("gitlab", r"gitlab", "saas"), _service("github", r"github(?!\.com|\s*usercontent)", "saas"), _service("docker_compose", r"docker[\s-]compose", "tool", run="docker.cli.Compose docker.Compose"),
    _service("proxmox", r"proxmox", "saas"), _service("cloudflare", r"cloudflare", "saas"), _service("todoist", r"todoist", "saas"), _service("notion", r"\bnotion\b", "saas"), _service("hubspot", r"hub\s?spot", "saas"), _service("linear", r"\blinear\b", "saas"),
    _service("awscli", r"aws[\s-]cli", "tool", run="aws.cli.AwsCLI"), _service("gcloud", r"gcloud(?:[\s-]cli)?", "tool", run="gcp.cli.GCloudCLI"), _service("azcli", r"(?:az|azure)[\s-]cli", "tool", run="azure.cli.AzCLI"),
    _service("azure_function", r"azure\s+functions?", "saas", run="azure.function.HttpFunction"), _service("cloud_function", r"(?:google\s+)?cloud\s+functions?", "saas", run="gcp.function.HttpFunction"),
    _service("gcp_vm", r"(?:gcp|google)\s+(?:vm|instance)|compute\s+engine", "saas", run="gcp.compute.Create", create="gcp.compute.Create", delete="gcp.compute.Delete", start="gcp.compute.Start", stop="gcp.compute.Stop"),
    _service("ssh", r"\bssh\b", "tool", run="fs.ssh.Command"), _service("tcp", r"\btcp\b", "tool", run="fs.tcp.Send", write="fs.tcp.Send"), _service("udp", r"\budp\b", "tool", run="fs.udp.Send", write="fs.udp.Send"),
    _service("datagen", r"(?:fake|synthetic|dummy|random|mock)\s+(?:\w+\s+)?(?:records|data|rows|events|customers|orders|users)", "tool", run="datagen.core.Generate"),
)  # fmt: skip
