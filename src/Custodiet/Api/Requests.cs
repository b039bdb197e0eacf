using Custodiet.Records.People;

namespace Custodiet.Api;

/// <summary>An account to add or change.</summary>
internal sealed record AccountRequest(string Name, IReadOnlyList<Role> Roles, string? Password);

/// <summary>A token to issue.</summary>
internal sealed record TokenRequest(string Name, Role Role, IReadOnlyList<string> Scopes, DateTimeOffset? ExpiresAt);

/// <summary>A secret that is shown once; empty when there is none.</summary>
internal sealed record SecretAnswer(string Secret);
