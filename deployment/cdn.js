// With the parameter `cdn: true`: a CloudFront distribution in front of the published bucket, the only one that may be read
// from outside. The bucket stays private. CloudFront signs what it asks for, and may read what a site shows.
"use strict";

const names = require("./names");

const SHOWN = ["hotels/*", "feed/*", "index.html"];
const SECURITY_HEADERS = "67f7725c-6f97-4210-82d7-5512b31e9d03"; // AWS' policy Managed-SecurityHeadersPolicy
const YEAR_S = 365 * 24 * 3600;
const MISSING_S = 10; // how long CloudFront remembers that there is nothing: a hotel may be published any moment

exports.resources = ({ prefix, custom }) => {
  if (!custom.cdn) {
    return {};
  }
  const bucket = names.bucketId("published");
  return {
    PublishedAccess: {
      Type: "AWS::CloudFront::OriginAccessControl",
      Properties: {
        OriginAccessControlConfig: {
          Name: { "Fn::Sub": `${prefix}-\${AWS::Region}` },
          OriginAccessControlOriginType: "s3",
          SigningBehavior: "always",
          SigningProtocol: "sigv4",
        },
      },
    },
    PublishedCaching: caching(prefix),
    Distribution: distribution(prefix, bucket),
  };
};

exports.outputs = ({ custom }) =>
  custom.cdn
    ? {
        Domain: {
          Value: { "Fn::GetAtt": ["Distribution", "DomainName"] },
          Description: "Where a site reads manifests, renditions and the feed",
        },
      }
    : {};

// Returns what the policy of the published bucket allows besides.
exports.mayRead = ({ custom }) => {
  if (!custom.cdn) {
    return [];
  }
  const arn = `\${${names.bucketId("published")}.Arn}`;
  return [
    {
      Sid: "DistributionReads",
      Effect: "Allow",
      Principal: { Service: "cloudfront.amazonaws.com" },
      Action: "s3:GetObject",
      Resource: SHOWN.map((key) => ({ "Fn::Sub": `${arn}/${key}` })),
      Condition: {
        StringEquals: {
          "aws:SourceArn": { "Fn::Sub": "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Distribution}" },
        },
      },
    },
  ];
};

// What an object's Cache-Control says holds. What says nothing is asked for again after a minute.
function caching(prefix) {
  return {
    Type: "AWS::CloudFront::CachePolicy",
    Properties: {
      CachePolicyConfig: {
        Name: { "Fn::Sub": `${prefix}-\${AWS::Region}` },
        MinTTL: 0,
        DefaultTTL: 60,
        MaxTTL: YEAR_S,
        ParametersInCacheKeyAndForwardedToOrigin: {
          EnableAcceptEncodingGzip: true,
          EnableAcceptEncodingBrotli: true,
          CookiesConfig: { CookieBehavior: "none" },
          HeadersConfig: { HeaderBehavior: "none" },
          QueryStringsConfig: { QueryStringBehavior: "none" },
        },
      },
    },
  };
}

function distribution(prefix, bucket) {
  return {
    Type: "AWS::CloudFront::Distribution",
    Properties: {
      DistributionConfig: {
        Comment: prefix,
        Enabled: true,
        HttpVersion: "http2and3",
        IPV6Enabled: true,
        DefaultRootObject: "index.html",
        Origins: [
          {
            Id: "published",
            DomainName: { "Fn::GetAtt": [bucket, "RegionalDomainName"] },
            OriginAccessControlId: { "Fn::GetAtt": ["PublishedAccess", "Id"] },
            S3OriginConfig: { OriginAccessIdentity: "" },
          },
        ],
        DefaultCacheBehavior: {
          TargetOriginId: "published",
          ViewerProtocolPolicy: "redirect-to-https",
          AllowedMethods: ["GET", "HEAD"],
          CachedMethods: ["GET", "HEAD"],
          Compress: true,
          CachePolicyId: { Ref: "PublishedCaching" },
          ResponseHeadersPolicyId: SECURITY_HEADERS,
        },
        CustomErrorResponses: [{ ErrorCode: 403, ErrorCachingMinTTL: MISSING_S }],
      },
    },
  };
}
