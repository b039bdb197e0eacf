namespace Custodiet.Sample;

/// <summary>Ids of the starter rules that the sample exercises; the rules are in <c>content/rules</c>.</summary>
internal static class StarterRule
{
    public const string OfficeStartsInterpreter = "0b8f2f6e-5a0c-4a57-9c58-1d5b8f1f4a01";
    public const string EncodedPowerShell = "0b8f2f6e-5a0c-4a57-9c58-1d5b8f1f4a02";
    public const string RegistryHiveSaved = "0b8f2f6e-5a0c-4a57-9c58-1d5b8f1f4a03";
    public const string LsassDumped = "0b8f2f6e-5a0c-4a57-9c58-1d5b8f1f4a04";
    public const string RunKeyToProfile = "0b8f2f6e-5a0c-4a57-9c58-1d5b8f1f4a05";
    public const string OfficeWritesScript = "0b8f2f6e-5a0c-4a57-9c58-1d5b8f1f4a06";
    public const string RemoteServiceProgram = "0b8f2f6e-5a0c-4a57-9c58-1d5b8f1f4a07";
    public const string CopyToCloudStorage = "0b8f2f6e-5a0c-4a57-9c58-1d5b8f1f4a08";
    public const string LargeUpload = "0b8f2f6e-5a0c-4a57-9c58-1d5b8f1f4a09";
    public const string TrailStopped = "0b8f2f6e-5a0c-4a57-9c58-1d5b8f1f4a10";
    public const string AccessKeyMade = "0b8f2f6e-5a0c-4a57-9c58-1d5b8f1f4a11";
    public const string SshUnknownUser = "0b8f2f6e-5a0c-4a57-9c58-1d5b8f1f4a12";
    public const string DownloadPipedToShell = "0b8f2f6e-5a0c-4a57-9c58-1d5b8f1f4a13";
}
