// Package awssm is a test double of AWS Secrets Manager, as far as External Secrets reads a remoteRef from it:
// GetSecretValue, signed with static credentials. (Its provider asks STS only to assume a role, and ListSecrets,
// BatchGetSecretValue or DescribeSecret only for dataFrom.find and for metadata.)
//
// Signatures are verified in full, by signing the request again with the AWS SDK's own signer. Requests are taken
// strictly: a member that GetSecretValue does not document is refused, where AWS ignores it.
//
// It imports test/doubles and the AWS SDK's signer. Start reading at Server, then verifier.
//
// Sources: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html, .../CommonErrors.html,
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html.
package awssm
