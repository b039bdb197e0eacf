using Custodiet.Records.People;

namespace Custodiet.Api;

/// <summary>An account to add or change.</summary>
internal sealed record AccountRequest(
    string Name,
    IReadOnlyList<Role> Roles,
    string? Password = null,
    AccountKind Kind = AccountKind.Person,
    string? Owner = null,
    DateTimeOffset? ExpiresAt = null
);

/// <summary>A token to issue.</summary>
/// <param name="Name">What it is for.</param>
/// <param name="Role">What it may do.</param>
/// <param name="Scopes">Narrower than the role when not empty.</param>
/// <param name="ExpiresAt">Until when, or null.</param>
/// <param name="Owner">Name of the person or service account that it is for; null: the maker's own.</param>
internal sealed record TokenRequest(
    string Name,
    Role Role,
    IReadOnlyList<string> Scopes,
    DateTimeOffset? ExpiresAt,
    string? Owner = null
);

/// <summary>What to do with a token: <c>rotate</c> or <c>assign</c>.</summary>
/// <param name="OverlapDays">Days that the old one holds beside the new one.</param>
/// <param name="Owner">Name of who gets it.</param>
internal sealed record TokenChangeRequest(double? OverlapDays = null, string? Owner = null);

/// <summary>A secret that is shown once; empty when there is none.</summary>
internal sealed record SecretAnswer(string Secret);
