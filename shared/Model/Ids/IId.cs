namespace K8sBackup.Model.Ids;

/// <summary>An identifier with a text form that reads back as itself.</summary>
public interface IId<TSelf>
    where TSelf : IId<TSelf>
{
    /// <summary>Reads the text form.</summary>
    /// <exception cref="FormatException">The text is not an identifier of this kind.</exception>
    static abstract TSelf Parse(string text);
}
