namespace Custodiet.Tls;

internal static partial class TlsCertificatesLog
{
    [LoggerMessage(
        EventId = 8106,
        Level = LogLevel.Warning,
        Message = "The changed TLS certificate of {Server} cannot be used; the one before stays in use: {Reason}"
    )]
    public static partial void CertificateRefused(this ILogger logger, string server, string reason);

    [LoggerMessage(
        EventId = 8107,
        Level = LogLevel.Information,
        Message = "The TLS certificate of {Server} was read again; it holds until {NotAfter:O}."
    )]
    public static partial void CertificateRead(this ILogger logger, string server, DateTime notAfter);

    [LoggerMessage(
        EventId = 8109,
        Level = LogLevel.Error,
        Message = "The TLS certificate of {Server} ended on {NotAfter:O}: clients will refuse it. Put a new one into its file; it is read without a restart."
    )]
    public static partial void CertificateExpired(this ILogger logger, string server, DateTime notAfter);
}
