namespace K8sBackup.Cli.Output;

/// <summary>Where a field shows for people; documents have all fields always.</summary>
internal enum FieldPlace
{
    /// <summary>In lists and in details.</summary>
    Everywhere,

    /// <summary>In the details of one object.</summary>
    Details,

    /// <summary>In documents only.</summary>
    Documents,
}
