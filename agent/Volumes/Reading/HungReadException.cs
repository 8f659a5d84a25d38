using System.Globalization;

namespace K8sBackup.Agent.Volumes.Reading;

/// <summary>A file system gave no answer in time. The file counts as unreadable; the others are read on.</summary>
internal sealed class HungReadException : IOException
{
    public HungReadException(TimeSpan limit)
        : base(string.Create(CultureInfo.InvariantCulture, $"hung: its file system gave no answer for {limit.TotalSeconds} s"))
    {
    }
}
