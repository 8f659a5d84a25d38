using Serilog.Core;
using Serilog.Events;

namespace K8sBackup.Agent.Hosting;

/// <summary>Takes the number out of the structured event id, for a short column in the log.</summary>
internal sealed class EventNumberEnricher : ILogEventEnricher
{
    public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory)
    {
        LogEventPropertyValue? number = logEvent.Properties.TryGetValue("EventId", out LogEventPropertyValue? id) && id is StructureValue structure
            ? structure.Properties.FirstOrDefault(property => property.Name == "Id")?.Value
            : null;
        logEvent.AddPropertyIfAbsent(new LogEventProperty("EventNumber", number ?? new ScalarValue(0)));
    }
}
