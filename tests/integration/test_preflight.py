"""What a deployment would miss is named before anything is changed, with what to do (deployment/checks.py)."""

import copy
import json
import uuid

import pytest

from deployment import preflight
from deployment.account import Account, WrongAccountError, open_account
from deployment.checks import UNRESERVED, missing

ACCOUNT = "000000000000"
REGION = "eu-west-1"
SECRET = "/image-release/{stage}/google"


@pytest.fixture
def account(ministack, monkeypatch):
    """The account of a local AWS, with a stage that nobody deployed."""
    for name, value in ministack.environment().items():
        monkeypatch.setenv(name, value)
    return Account(ACCOUNT, REGION, f"s{uuid.uuid4().hex[:8]}")


@pytest.fixture
def template(account):
    """The part of a packaged template that the checks read: nothing is missing for it."""
    variables = {"IMAGE_RELEASE_GOOGLE_SECRET": SECRET.format(stage=account.stage), "IMAGE_RELEASE_TAGGER": "local"}
    made = {
        "InboxBucket": ("S3::Bucket", {"BucketName": account.bucket("inbox")}),
        "ServerlessDeploymentBucket": ("S3::Bucket", {}),
        "UrgentQueue": ("SQS::Queue", {"QueueName": f"{account.prefix}-urgent", "SqsManagedSseEnabled": True}),
        "AlarmTopic": ("SNS::Topic", {"TopicName": f"{account.prefix}-alarms", "Subscription": []}),
        "TickLambdaFunction": (
            "Lambda::Function",
            {
                "FunctionName": f"{account.prefix}-tick",
                "ReservedConcurrentExecutions": 1,
                "Environment": {"Variables": variables},
            },
        ),
    }
    return {"Resources": {name: {"Type": f"AWS::{kind}", "Properties": of} for name, (kind, of) in made.items()}}


def changed(template, name, **properties):
    """Return the template with other properties of a resource."""
    other = copy.deepcopy(template)
    other["Resources"][name]["Properties"].update(properties)
    return other


def only(template, account):
    """Return the one thing that is missing."""
    (miss,) = missing(template, account)
    return miss


def test_nothing_is_missing_for_a_new_stage(template, account):
    assert list(missing(template, account)) == []


def test_a_name_that_aws_refuses_says_how_much_too_long_it_is(template, account):
    long = changed(template, "UrgentQueue", QueueName="q" * 83)
    assert only(long, account).what.startswith(
        f"{'q' * 83} has 83 characters, but the name of AWS::SQS::Queue may have 80"
    )
    assert "3 characters shorter" in only(long, account).do


def test_a_template_of_another_region_is_refused(template, account):
    elsewhere = Account(account.number, "eu-central-1", account.stage)
    assert "is not packaged for account 000000000000 in eu-central-1" in only(template, elsewhere).what


def test_a_region_that_aws_does_not_have_is_refused(template, account):
    nowhere = Account(account.number, "eu-west-9", account.stage)
    assert "AWS has no Lambda in eu-west-9" in [miss.what for miss in missing(template, nowhere)]


def test_concurrency_that_the_account_does_not_have_is_missing(template, account):
    """All but 100 of the account's invocations may be reserved, and what this stage reserves already is its own."""
    free = account.client("lambda").get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"]
    most = free - UNRESERVED
    assert list(missing(changed(template, "TickLambdaFunction", ReservedConcurrentExecutions=most), account)) == []
    miss = only(changed(template, "TickLambdaFunction", ReservedConcurrentExecutions=most + 1), account)
    assert f"the functions reserve {most + 1} concurrent invocations and 100 must stay free" in miss.what
    assert "bulkConcurrency" in miss.do


def test_the_key_of_google_is_missing_only_where_google_is_asked(template, account):
    name = SECRET.format(stage=account.stage)
    variables = {"IMAGE_RELEASE_GOOGLE_SECRET": name, "IMAGE_RELEASE_TAGGER": "google+local"}
    asks = changed(template, "TickLambdaFunction", Environment={"Variables": variables})
    assert f"--name {name}" in only(asks, account).do
    ssm = account.client("ssm")
    ssm.put_parameter(Name=name, Type="String", Value="{}")
    assert only(asks, account).do == "store it as a SecureString"
    ssm.put_parameter(Name=name, Type="SecureString", Value="{}", Overwrite=True)
    assert list(missing(asks, account)) == []


def test_production_without_an_address_for_alarms_is_refused(template, account):
    production = Account(account.number, account.region, "production")
    silent = changed(template, "AlarmTopic", TopicName="image-release-production-alarms")
    assert "alarmEmail" in only(silent, production).do
    heard = changed(silent, "AlarmTopic", Subscription=[{"Protocol": "email", "Endpoint": "a@example.com"}])
    assert list(missing(heard, production)) == []


def test_a_bucket_that_is_not_of_this_stack_is_named(template, account):
    """A bucket that a stage left behind would stop the deployment in the middle."""
    where = {"LocationConstraint": REGION}
    account.client("s3").create_bucket(Bucket=account.bucket("inbox"), CreateBucketConfiguration=where)
    assert "exists, but is not in the stack" in only(template, account).what


class TestKey:
    def usable(self, *services):
        """A policy that lets services use the key."""
        return json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": list(services)},
                        "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
                        "Resource": "*",
                    }
                ],
            }
        )

    def test_that_services_of_aws_may_use_is_enough(self, template, account):
        policy = self.usable("s3.amazonaws.com", "cloudwatch.amazonaws.com")
        key = account.client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"]
        assert list(missing(changed(template, "UrgentQueue", KmsMasterKeyId=key), account)) == []

    def test_that_alarms_may_not_use_is_named(self, template, account):
        policy = self.usable("s3.amazonaws.com")
        key = account.client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"]
        miss = only(changed(template, "UrgentQueue", KmsMasterKeyId=key), account)
        assert "does not let cloudwatch.amazonaws.com use it, so the alarms would fail" in miss.what

    def test_that_a_distribution_may_not_use_is_named(self, template, account):
        policy = self.usable("s3.amazonaws.com", "cloudwatch.amazonaws.com")
        key = account.client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"]
        with_cdn = changed(template, "UrgentQueue", KmsMasterKeyId=key)
        with_cdn["Resources"]["Distribution"] = {"Type": "AWS::CloudFront::Distribution", "Properties": {"x": 1}}
        assert "does not let cloudfront.amazonaws.com use it" in only(with_cdn, account).what

    def test_that_is_disabled_is_named(self, template, account):
        kms = account.client("kms")
        policy = self.usable("s3.amazonaws.com", "cloudwatch.amazonaws.com")
        key = kms.create_key(Policy=policy)["KeyMetadata"]["Arn"]
        kms.disable_key(KeyId=key)
        miss = only(changed(template, "UrgentQueue", KmsMasterKeyId=key), account)
        assert "is not enabled for encryption" in miss.what

    def test_that_does_not_exist_is_named(self, template, account):
        key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{uuid.uuid4()}"
        assert "does not exist" in only(changed(template, "UrgentQueue", KmsMasterKeyId=key), account).what

    def test_of_another_region_is_named(self, template, account):
        key = account.client("kms").create_key()["KeyMetadata"]["Arn"].replace(REGION, "us-east-1")
        found = [miss.what for miss in missing(changed(template, "UrgentQueue", KmsMasterKeyId=key), account)]
        assert f"the key {key} is not in {REGION}" in found


class TestCommand:
    def test_refuses_another_account(self, account, template, tmp_path, capsys):
        """Nothing is asked of an account that was not named."""
        with pytest.raises(WrongAccountError, match="you named account 111122223333"):
            open_account("111122223333", REGION, account.stage)
        words = ["--stage", account.stage, "--region", REGION, "--account", "111122223333"]
        assert preflight.main(words) == 2
        assert "nothing was done" in capsys.readouterr().err

    @pytest.mark.parametrize("as_json", [False, True])
    def test_tells_what_is_missing_and_ends_with_one(self, account, template, tmp_path, capsys, as_json):
        path = tmp_path / "template.json"
        path.write_text(json.dumps(changed(template, "UrgentQueue", QueueName="q" * 81)))
        words = ["--stage", account.stage, "--region", REGION, "--template", str(path)]
        assert preflight.main([*words, "--json"] if as_json else words) == 1
        printed = capsys.readouterr().out
        if as_json:
            (miss,) = json.loads(printed)["missing"]
            assert set(miss) == {"what", "do"}
        else:
            assert printed.startswith("missing: qqq")
            assert printed.endswith("1 missing, nothing was changed\n")

    def test_without_credentials_says_so(self, account, template, monkeypatch):
        """An AWS that does not answer is not an account."""
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        with pytest.raises(WrongAccountError, match="AWS does not say whose credentials these are"):
            open_account(None, REGION, account.stage)
