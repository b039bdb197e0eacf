using System.Text.Json;
using System.Text.Json.Serialization;

namespace Custodiet.Records.Ledger;

/// <summary>
/// What a record says. The closed family below is the list of everything that can happen; a new kind of act is a new
/// member, and a member's shape never changes: a changed shape is a new version.
/// </summary>
[JsonPolymorphic(
    TypeDiscriminatorPropertyName = "type",
    UnknownDerivedTypeHandling = JsonUnknownDerivedTypeHandling.FailSerialization
)]
[JsonDerivedType(typeof(AlertRaised), "alert.raised/1")]
[JsonDerivedType(typeof(AlertExtended), "alert.extended/1")]
[JsonDerivedType(typeof(AlertAssigned), "alert.assigned/1")]
[JsonDerivedType(typeof(CaseOpened), "case.opened/1")]
[JsonDerivedType(typeof(CaseExtended), "case.extended/1")]
[JsonDerivedType(typeof(CaseRestricted), "case.restricted/1")]
[JsonDerivedType(typeof(CaseAssigned), "case.assigned/1")]
[JsonDerivedType(typeof(CaseStateChanged), "case.state-changed/1")]
[JsonDerivedType(typeof(RunStarted), "run.started/1")]
[JsonDerivedType(typeof(AnswerGiven), "answer.given/1")]
[JsonDerivedType(typeof(VerdictGiven), "verdict.given/1")]
[JsonDerivedType(typeof(AccountAddedFirst), "account.added/1")]
[JsonDerivedType(typeof(AccountAdded), "account.added/2")]
[JsonDerivedType(typeof(AccountChanged), "account.changed/1")]
[JsonDerivedType(typeof(IdentityLinked), "identity.linked/1")]
[JsonDerivedType(typeof(IdentityUnlinked), "identity.unlinked/1")]
[JsonDerivedType(typeof(PasskeyAdded), "passkey.added/1")]
[JsonDerivedType(typeof(PasskeyRemoved), "passkey.removed/1")]
[JsonDerivedType(typeof(SignInPolicySet), "sign-in.policy-set/1")]
[JsonDerivedType(typeof(SessionBeganFirst), "session.began/1")]
[JsonDerivedType(typeof(SessionBegan), "session.began/2")]
[JsonDerivedType(typeof(SessionEndedFirst), "session.ended/1")]
[JsonDerivedType(typeof(SessionEnded), "session.ended/2")]
[JsonDerivedType(typeof(SignInFailedFirst), "sign-in.failed/1")]
[JsonDerivedType(typeof(SignInFailed), "sign-in.failed/2")]
[JsonDerivedType(typeof(BreakGlassAcknowledged), "break-glass.acknowledged/1")]
[JsonDerivedType(typeof(TokenAddedFirst), "token.added/1")]
[JsonDerivedType(typeof(TokenAdded), "token.added/2")]
[JsonDerivedType(typeof(TokenChanged), "token.changed/1")]
[JsonDerivedType(typeof(TokenRevoked), "token.revoked/1")]
[JsonDerivedType(typeof(ContentLoaded), "content.loaded/1")]
[JsonDerivedType(typeof(SegmentArchived), "segment.archived/1")]
[JsonDerivedType(typeof(SourceDiscovered), "source.discovered/1")]
[JsonDerivedType(typeof(RouteSkipped), "route.skipped/1")]
[JsonDerivedType(typeof(ServiceStarted), "service.started/1")]
[JsonDerivedType(typeof(FolderMigrated), "folder.migrated/1")]
[JsonDerivedType(typeof(FolderRestored), "folder.restored/1")]
[JsonDerivedType(typeof(BackupMade), "backup.made/1")]
[JsonDerivedType(typeof(SecretChanged), "secret.changed/1")]
[JsonDerivedType(typeof(LedgerAnchored), "ledger.anchored/1")]
[JsonDerivedType(typeof(LedgerContinued), "ledger.continued/1")]
[JsonDerivedType(typeof(EventsDeleted), "events.deleted/1")]
[JsonDerivedType(typeof(HoldPlaced), "hold.placed/1")]
[JsonDerivedType(typeof(HoldLifted), "hold.lifted/1")]
[JsonDerivedType(typeof(ErasureDone), "erasure.done/1")]
[JsonDerivedType(typeof(RecordErased), "record.erased/1")]
[JsonDerivedType(typeof(EventsShed), "events.shed/1")]
public abstract record RecordBody
{
    /// <summary>Type and version, as the envelope names it; equal to the JSON's <c>type</c>.</summary>
    [JsonIgnore]
    public abstract string Type { get; }
}

/// <summary>Bodies as JSON: camel case, enumerations by name, no nulls left out, times in UTC.</summary>
public static class RecordBodyJson
{
    private static readonly JsonSerializerOptions options = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
        AllowOutOfOrderMetadataProperties = true,
    };

    /// <summary>The options that bodies are written with.</summary>
    public static JsonSerializerOptions Options => options;

    /// <summary>The body as UTF-8 JSON.</summary>
    public static byte[] Serialize(RecordBody body) => JsonSerializer.SerializeToUtf8Bytes(body, options);

    /// <summary>The body behind its JSON.</summary>
    /// <exception cref="JsonException">The bytes are no body that this version knows.</exception>
    public static RecordBody Deserialize(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize<RecordBody>(json, options) ?? throw new JsonException("A record's body is null.");
}
