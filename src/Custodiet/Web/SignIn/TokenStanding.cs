using Custodiet.Records;
using Custodiet.Records.People;
using Custodiet.Web.Parts;

namespace Custodiet.Web.SignIn;

/// <summary>What a list says about a token: whether it holds, ends soon, or lies unused.</summary>
/// <param name="Is">How it stands.</param>
/// <param name="Text">In words.</param>
internal readonly record struct TokenStanding(Standing Is, string Text)
{
    /// <summary>From so long before its end a token is said to end soon: 14 days.</summary>
    public static readonly TimeSpan EndsSoon = TimeSpan.FromDays(14);

    /// <summary>Unused for so long, or never used so long after its making, it is said to be unused: 90 days.</summary>
    public static readonly TimeSpan Unused = TimeSpan.FromDays(90);

    /// <summary>A token as it stands now.</summary>
    /// <param name="token">The token.</param>
    /// <param name="lastUsed">Its last use, or null.</param>
    /// <param name="owner">Whose it is, or null.</param>
    /// <param name="now">Now.</param>
    public static TokenStanding Of(ApiToken token, DateTimeOffset? lastUsed, Account? owner, DateTimeOffset now)
    {
        if (token.RevokedAt is not null)
        {
            return new(Standing.Unknown, "revoked");
        }
        if (token.ExpiresAt <= now)
        {
            return new(Standing.Unknown, "ended");
        }
        if (owner is not null && (owner.Disabled || owner.ExpiresAt <= now || !owner.Roles.Contains(token.Role)))
        {
            return new(Standing.Bad, $"refused: {owner.Name} may not have it");
        }
        if (token.ExpiresAt is { } end && end - now < EndsSoon)
        {
            return new(Standing.Warning, $"ends in {Counted.Of((long)Math.Ceiling((end - now).TotalDays), "day")}");
        }
        if (now - (lastUsed ?? token.CreatedAt) > Unused)
        {
            return new(
                Standing.Warning,
                $"unused for {Counted.Of((long)(now - (lastUsed ?? token.CreatedAt)).TotalDays, "day")}"
            );
        }
        return token.Owner is null ? new(Standing.Warning, "belongs to nobody") : new(Standing.Good, "holds");
    }

    /// <summary>Whether somebody should look at it.</summary>
    public bool Asks => Is is Standing.Warning or Standing.Bad;
}
