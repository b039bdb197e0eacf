using Custodiet.Pipeline.Framing;
using Custodiet.Pipeline.Writing;
using Custodiet.Records.Events;

namespace Custodiet.Outputs;

/// <summary>Turns items into the bytes that a route's destination carries. Serves one thread.</summary>
internal sealed class ItemEncoder(
    RouteDefinition route,
    FieldTable fields,
    SourceTable sources,
    LogSourceTable logSources
)
{
    private readonly EventJson json = new(fields, sources, logSources);
    private readonly DestinationDefinition.ToSyslog? syslog = route.To as DestinationDefinition.ToSyslog;

    /// <summary>Adds an event to a batch, or puts it aside when the destination's protocol cannot carry it.</summary>
    public void Add(Event item, OutputBatch batch)
    {
        EventBuffer target = batch.Items;
        batch.LastItem = item.Offset;
        if (syslog is null)
        {
            if (route.Format == RouteFormat.Json)
            {
                json.Write(item, target);
            }
            else
            {
                RawLine.Write(item.Raw.Span, target);
            }
            target.End();
            return;
        }
        SourceKey source = sources.Of(item.Source);
        if (route.Format == RouteFormat.Json)
        {
            SyslogMessage.WriteHeader(
                EventTime.FromMicros(item.EventMicros),
                source.Sensor,
                source.Technology,
                syslog.Priority,
                target
            );
            json.Write(item, target);
        }
        else
        {
            SyslogMessage.Write(item, source, item.Raw.Span, syslog.Priority, target);
        }
        EndMessage(item.Offset, batch);
    }

    /// <summary>Adds what is JSON already, such as a finding.</summary>
    public void Add(long position, DateTimeOffset at, string host, ReadOnlySpan<byte> text, OutputBatch batch)
    {
        if (syslog is not null)
        {
            SyslogMessage.WriteHeader(at, host, "custodiet", syslog.Priority, batch.Items);
        }
        batch.LastItem = position;
        batch.Items.Write(text);
        EndMessage(position, batch);
    }

    private void EndMessage(long position, OutputBatch batch)
    {
        if (syslog is not null && batch.Items.OpenBytes > syslog.MessageBytes)
        {
            string reason = $"larger than {syslog.MessageBytes:N0} bytes (message_bytes)";
            batch.Aside.Add(new AsideItem(position, batch.Items.Open.ToArray(), reason));
            batch.Items.Discard();
            return;
        }
        batch.Items.End();
    }
}
