"""What the packaged template promises of deployments: one alias, one package, its alarms, and what can be chosen."""

import json
import re

import pytest

from deployment.package import EMAIL, KEY, STAGES, TEMPLATE_NAMES, TEMPLATES
from tests.integration.packaged.conftest import tagger_of, template_of

pytestmark = pytest.mark.packaged

RESOURCES = 500
TEMPLATE_BYTES = 1024 * 1024
ENVIRONMENT_BYTES = 4096


@pytest.fixture(scope="session")
def alarms(of_type):
    """Every alarm by its name."""
    return {alarm["AlarmName"]: alarm for alarm in of_type("CloudWatch::Alarm").values()}


def called_by(resources):
    """Yield the type of every resource that calls a function, and how it names the function."""
    for item in resources.values():
        properties = item.get("Properties", {})
        if item["Type"] in {"AWS::Lambda::EventSourceMapping", "AWS::Lambda::Permission"}:
            yield item["Type"], properties["FunctionName"]
        if item["Type"] == "AWS::Events::Rule":
            yield from ((item["Type"], target["Arn"]) for target in properties["Targets"])


class TestAlias:
    def test_of_every_function_names_the_version_of_this_package(self, of_type, resources):
        """One alias a function, called `live`, all of it on one version."""
        aliases = of_type("Lambda::Alias").values()
        assert len(aliases) == len(of_type("Lambda::Function"))
        for alias in aliases:
            version, attribute = alias["FunctionVersion"]["Fn::GetAtt"]
            assert (alias["Name"], attribute, "RoutingConfig" in alias) == ("live", "Version", False)
            assert resources[version]["Properties"]["FunctionName"] == alias["FunctionName"]

    def test_is_what_everything_calls(self, resources, of_type):
        """Mappings of queues, the schedule and its permission name the alias, and so do the rules of failed calls."""
        calls = list(called_by(resources))
        assert {kind for kind, _ in calls} == {
            "AWS::Lambda::EventSourceMapping",
            "AWS::Lambda::Permission",
            "AWS::Events::Rule",
        }
        assert all(name["Fn::Join"][1][1] == "live" for _, name in calls)
        assert {rule["Qualifier"] for rule in of_type("Lambda::EventInvokeConfig").values()} == {"live"}

    def test_of_a_failed_deployment_leaves_no_version(self, resources):
        """A version that stayed would stop the next deployment of the same package."""
        kinds = {item["DeletionPolicy"] for item in resources.values() if item["Type"] == "AWS::Lambda::Version"}
        assert kinds == {"RetainExceptOnCreate"}

    def test_of_all_functions_belongs_to_one_package(self, of_type):
        """Every function carries the same digest of all that is deployed."""
        functions = of_type("Lambda::Function").values()
        (package,) = {one["Environment"]["Variables"]["IMAGE_RELEASE_PACKAGE"] for one in functions}
        assert re.fullmatch(r"[0-9a-f]{12}", package)


class TestTagger:
    def test_of_a_stage_that_nobody_deployed_is_the_local_model(self):
        """Nothing was said when `dev` was packaged."""
        assert tagger_of(template_of("dev")) == "local"

    def test_that_was_said_is_the_stages(self):
        """The parameter decides; that of `production` was said to be both."""
        assert tagger_of(template_of("production")) == STAGES["production"]["tagger"] == "google+local"

    def test_brings_its_layers_and_no_others(self, template, of_type, asks_google):
        """A stage that does not ask Google has no layer with Google's client; nor without the model the model's."""
        layers = {layer["LayerName"].rsplit("-", 1)[1] for layer in of_type("Lambda::LayerVersion").values()}
        model = {"model"} if "local" in tagger_of(template) else set()
        assert layers == {"common", "pictures"} | model | ({"google"} if asks_google else set())


class TestAlarms:
    def test_move_a_deployment_back_when_invocations_or_messages_fail(self, of_type, resources):
        """One alarm is on while any function's or any queue's alarm on failures is on."""
        (alarm,) = of_type("CloudWatch::CompositeAlarm").values()
        watched = set(re.findall(r"ALARM\(\"\$\{(\w+)\}\"\)", alarm["AlarmRule"]["Fn::Sub"]))
        assert watched == {
            name for name in resources if name.endswith(("ErrorsAlarm", "FailuresAlarm", "ForGoodSeenAlarm"))
        }
        assert len(watched) >= 12

    def test_divide_by_nothing_that_may_be_zero(self, alarms):
        """CloudFormation refuses arrays that mix a metric with a number; IF takes both."""
        expressions = {
            one["Expression"] for alarm in alarms.values() for one in alarm.get("Metrics", []) if "Expression" in one
        }
        assert {expression for expression in expressions if "/" in expression} == {
            "IF(whole > 0, 100 * part / whole, 0)",
            "IF(whole > part, 100 * (whole - part) / whole, 0)",
        }

    def test_tell_of_dead_letters_within_a_minute(self, alarms):
        depths = [alarm for name, alarm in alarms.items() if name.endswith("-depth")]
        assert {(alarm["Period"], alarm["EvaluationPeriods"], alarm["Threshold"]) for alarm in depths} == {(60, 1, 0)}

    def test_tell_that_tick_does_not_run(self, alarms):
        """Three calls of its schedule are missing: no data means that, too."""
        (alarm,) = [alarm for name, alarm in alarms.items() if name.endswith("-tick-missing")]
        assert (alarm["MetricName"], alarm["Period"], alarm["TreatMissingData"]) == ("Invocations", 900, "breaching")
        assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)

    def test_tell_that_s3_wants_fewer_requests(self, alarms, of_type):
        """The buckets keep metrics of their requests, by the name that the alarm watches."""
        refused = [alarm for alarm in alarms.values() if alarm.get("MetricName") == "5xxErrors"]
        watched = {one["Value"] for alarm in refused for one in alarm["Dimensions"] if one["Name"] == "BucketName"}
        buckets = {bucket.get("BucketName"): bucket for bucket in of_type("S3::Bucket").values()}
        assert {name.split("-")[3] for name in watched} == {"state", "published"}
        for alarm in refused:
            (kept,) = [one["Value"] for one in alarm["Dimensions"] if one["Name"] == "FilterId"]
            assert all(buckets[name]["MetricsConfigurations"] == [{"Id": kept}] for name in watched)

    def test_and_figures_of_one_stage_are_not_those_of_another(self, template, of_type):
        """Metrics of our own have a namespace of the stage; all else is told apart by names that hold the stage."""
        functions = of_type("Lambda::Function").values()
        (namespace,) = {one["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"] for one in functions}
        (stage,) = {one["FunctionName"].split("-")[2] for one in functions}
        assert namespace == f"ImageRelease/{stage}"
        named = set(re.findall(r'"(ImageRelease[^"\\]*)', json.dumps(template)))
        assert named == {namespace}

    def test_go_to_the_address_that_was_said(self, of_type):
        """`production` is packaged with an address, as a deployment demands."""
        topics = template_of("production")["Resources"]["AlarmTopic"]["Properties"]
        assert topics["Subscription"] == [{"Protocol": "email", "Endpoint": EMAIL}]


@pytest.fixture(scope="session")
def everything():
    """The resources of a stage with all options."""
    return template_of("options")["Resources"]


class TestOptions:
    def test_your_own_key_encrypts_all_that_is_stored(self, everything):
        """Buckets (with a bucket key, which saves calls), queues, topics and the table."""
        of = lambda kind: [one["Properties"] for one in everything.values() if one["Type"] == f"AWS::{kind}"]
        for bucket in of("S3::Bucket"):
            (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
            if "BucketName" in bucket:  # not that of deployments, which holds our code
                assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}
                assert rule["BucketKeyEnabled"] is True
        assert {queue["KmsMasterKeyId"] for queue in of("SQS::Queue")} == {KEY}
        assert {topic["KmsMasterKeyId"] for topic in of("SNS::Topic")} == {KEY}
        assert [table["SSESpecification"]["KMSMasterKeyId"] for table in of("DynamoDB::Table")] == [KEY]

    def test_your_own_key_may_be_used_by_every_role_and_by_people_at_the_desk(self, everything):
        for item in everything.values():
            if item["Type"] in {"AWS::IAM::Role", "AWS::IAM::ManagedPolicy"}:
                documents = [one["PolicyDocument"] for one in item["Properties"].get("Policies", [])]
                documents = documents or [item["Properties"]["PolicyDocument"]]
                lines = [line for document in documents for line in document["Statement"]]
                (line,) = [line for line in lines if "kms:Decrypt" in line["Action"]]
                assert (line["Action"], line["Resource"]) == (["kms:Decrypt", "kms:GenerateDataKey"], KEY)

    def test_without_a_key_of_yours_no_role_has_rights_on_keys(self):
        assert "kms:" not in json.dumps(template_of("production"))

    def test_the_distribution_reads_what_a_site_shows_and_nothing_else(self, everything):
        """Only the published bucket, only for this distribution, and no other bucket lets anyone in."""
        allowed = {
            name: line
            for name, item in everything.items()
            if item["Type"] == "AWS::S3::BucketPolicy"
            for line in item["Properties"]["PolicyDocument"]["Statement"]
            if line["Effect"] == "Allow"
        }
        assert set(allowed) == {"PublishedBucketPolicy"}
        line = allowed["PublishedBucketPolicy"]
        assert (line["Principal"], line["Action"]) == ({"Service": "cloudfront.amazonaws.com"}, "s3:GetObject")
        shown = {one["Fn::Sub"].split("/", 1)[1] for one in line["Resource"]}
        assert shown == {"hotels/*", "feed/*", "index.html"}
        assert "${Distribution}" in line["Condition"]["StringEquals"]["aws:SourceArn"]["Fn::Sub"]

    def test_the_distribution_keeps_what_cache_control_says(self, everything):
        """Nothing is kept longer or shorter than an object says; texts are compressed; HTTP/2 and HTTP/3."""
        policy = everything["PublishedCaching"]["Properties"]["CachePolicyConfig"]
        assert (policy["MinTTL"], policy["MaxTTL"]) == (0, 31536000)
        distribution = everything["Distribution"]["Properties"]["DistributionConfig"]
        behaviour = distribution["DefaultCacheBehavior"]
        assert (behaviour["CachePolicyId"], behaviour["Compress"]) == ({"Ref": "PublishedCaching"}, True)
        assert (distribution["HttpVersion"], behaviour["ViewerProtocolPolicy"]) == ("http2and3", "redirect-to-https")

    def test_nobody_gets_a_distribution_without_asking(self):
        assert "AWS::CloudFront" not in json.dumps(template_of("dev"))


def test_a_topic_tells_of_published_manifests_only(template, resources):
    """S3 alone may publish, for the published bucket of this account, and the topic is an output."""
    (told,) = resources["PublishedBucket"]["Properties"]["NotificationConfiguration"]["TopicConfigurations"]
    rules = {rule["Name"]: rule["Value"] for rule in told["Filter"]["S3Key"]["Rules"]}
    assert (rules, told["Topic"]) == ({"prefix": "hotels/", "suffix": "/manifest.json"}, {"Ref": "PublishedTopic"})
    (line,) = resources["PublishedTopicPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (line["Principal"], line["Action"]) == ({"Service": "s3.amazonaws.com"}, "sns:Publish")
    assert "-published-" in line["Condition"]["ArnEquals"]["aws:SourceArn"]["Fn::Sub"]
    assert template["Outputs"]["PublishedTopic"]["Value"] == {"Ref": "PublishedTopic"}


def test_decisions_of_people_can_be_brought_back(resources):
    """Of the buckets only the inbox keeps replaced versions: nothing can compute a decision again."""
    versioned = [name for name, item in resources.items() if "VersioningConfiguration" in item.get("Properties", {})]
    assert versioned == ["InboxBucket"]


@pytest.mark.parametrize("stage", STAGES)
def test_templates_stay_far_within_the_limits_of_aws(stage):
    """Half of 500 resources and of 1 MB, and half of the 4 KB of a function's environment."""
    template = template_of(stage)
    assert len(template["Resources"]) < RESOURCES / 2
    assert max((TEMPLATES / stage / name).stat().st_size for name in TEMPLATE_NAMES) < TEMPLATE_BYTES / 2
    for item in template["Resources"].values():
        if item["Type"] == "AWS::Lambda::Function":
            variables = item["Properties"]["Environment"]["Variables"]
            assert len(json.dumps(variables)) < ENVIRONMENT_BYTES / 2
